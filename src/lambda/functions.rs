//! The built-ins and methods that compile, by their canonical names.

/// Declares an enum of names with its lookup and the numbers of arguments each takes.
macro_rules! names {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $text:literal, $min:literal ..= $max:literal;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names are Python's")]
        pub enum $name { $($variant,)* }

        impl $name {
            /// By its Python name, if it compiles.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)* _ => None }
            }

            /// Its Python name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Whether it takes so many arguments.
            pub fn takes(self, count: usize) -> bool {
                match self { $(Self::$variant => ($min..=$max).contains(&count),)* }
            }
        }
    };
}

names! {
    /// A built-in function or one of `math`.
    Function {
        Len = "len", 1..=1;
        Int = "int", 0..=2;
        Float = "float", 0..=1;
        Str = "str", 0..=1;
        Repr = "repr", 1..=1;
        Bool = "bool", 0..=1;
        Abs = "abs", 1..=1;
        Min = "min", 1..=64;
        Max = "max", 1..=64;
        Round = "round", 1..=2;
        Sum = "sum", 1..=2;
        Sorted = "sorted", 1..=2;
        Ord = "ord", 1..=1;
        Chr = "chr", 1..=1;
        IsInstance = "isinstance", 2..=64;
        Tuple = "tuple", 0..=1;
        List = "list", 0..=1;
        Any = "any", 1..=1;
        All = "all", 1..=1;
        Divmod = "divmod", 2..=2;
        Pow = "pow", 2..=2;
        Sqrt = "math.sqrt", 1..=1;
        Floor = "math.floor", 1..=1;
        Ceil = "math.ceil", 1..=1;
        Trunc = "math.trunc", 1..=1;
        Fabs = "math.fabs", 1..=1;
        Exp = "math.exp", 1..=1;
        Log = "math.log", 1..=2;
        Log2 = "math.log2", 1..=1;
        Log10 = "math.log10", 1..=1;
        MathPow = "math.pow", 2..=2;
        Sin = "math.sin", 1..=1;
        Cos = "math.cos", 1..=1;
        Tan = "math.tan", 1..=1;
        Asin = "math.asin", 1..=1;
        Acos = "math.acos", 1..=1;
        Atan = "math.atan", 1..=1;
        Atan2 = "math.atan2", 2..=2;
        Degrees = "math.degrees", 1..=1;
        Radians = "math.radians", 1..=1;
        IsNan = "math.isnan", 1..=1;
        IsInf = "math.isinf", 1..=1;
        IsFinite = "math.isfinite", 1..=1;
        Gcd = "math.gcd", 2..=2;
    }
}

names! {
    /// A method of a str, bytes, tuple, list or match.
    Method {
        Lower = "lower", 0..=0;
        Upper = "upper", 0..=0;
        Casefold = "casefold", 0..=0;
        Swapcase = "swapcase", 0..=0;
        Title = "title", 0..=0;
        Capitalize = "capitalize", 0..=0;
        Strip = "strip", 0..=1;
        Lstrip = "lstrip", 0..=1;
        Rstrip = "rstrip", 0..=1;
        Split = "split", 0..=2;
        Rsplit = "rsplit", 0..=2;
        Splitlines = "splitlines", 0..=1;
        Partition = "partition", 1..=1;
        Rpartition = "rpartition", 1..=1;
        StartsWith = "startswith", 1..=3;
        EndsWith = "endswith", 1..=3;
        Replace = "replace", 2..=3;
        Find = "find", 1..=3;
        Rfind = "rfind", 1..=3;
        Index = "index", 1..=3;
        Rindex = "rindex", 1..=3;
        Count = "count", 1..=3;
        Join = "join", 1..=1;
        IsDigit = "isdigit", 0..=0;
        IsAlpha = "isalpha", 0..=0;
        IsAlnum = "isalnum", 0..=0;
        IsSpace = "isspace", 0..=0;
        IsUpper = "isupper", 0..=0;
        IsLower = "islower", 0..=0;
        IsAscii = "isascii", 0..=0;
        IsTitle = "istitle", 0..=0;
        Encode = "encode", 0..=1;
        Decode = "decode", 0..=1;
        Zfill = "zfill", 1..=1;
        Ljust = "ljust", 1..=2;
        Rjust = "rjust", 1..=2;
        Center = "center", 1..=2;
        RemovePrefix = "removeprefix", 1..=1;
        RemoveSuffix = "removesuffix", 1..=1;
        Group = "group", 0..=1;
        Groups = "groups", 0..=0;
    }
}
