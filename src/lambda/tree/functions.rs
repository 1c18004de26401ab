//! The built-ins and methods that compile, by their canonical names.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// What the translator and the engine both know of each name: `python/pyrite/_lambda/functions.json`.
#[derive(Default, Deserialize)]
struct Table {
    functions: HashMap<String, Arity>,
    methods: HashMap<String, Arity>,
    match_methods: HashMap<String, Arity>,
}

/// How many arguments a name takes.
#[derive(Deserialize)]
struct Arity {
    least: usize,
    most: usize,
}

/// Without the table, which a test reads, nothing is compiled.
static TABLE: LazyLock<Table> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../python/pyrite/_lambda/functions.json")).unwrap_or_default()
});

impl Table {
    fn function(&self, name: &str) -> Option<&Arity> {
        self.functions.get(name)
    }

    fn method(&self, name: &str) -> Option<&Arity> {
        self.methods.get(name).or_else(|| self.match_methods.get(name))
    }
}

/// Declares an enum of names with its lookup.
macro_rules! names {
    ($(#[$meta:meta])* $name:ident by $arity:ident { $($variant:ident = $text:literal;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names are Python's")]
        pub enum $name { $($variant,)* }

        impl $name {
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$variant,)*];

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
                TABLE.$arity(self.name()).is_some_and(|arity| (arity.least..=arity.most).contains(&count))
            }
        }
    };
}

names! {
    /// A built-in function or one of `math`.
    Function by function {
        Len = "len";
        Int = "int";
        Float = "float";
        Str = "str";
        Repr = "repr";
        Bool = "bool";
        Abs = "abs";
        Min = "min";
        Max = "max";
        Round = "round";
        Sum = "sum";
        Sorted = "sorted";
        Ord = "ord";
        Chr = "chr";
        IsInstance = "isinstance";
        Tuple = "tuple";
        List = "list";
        Any = "any";
        All = "all";
        Unpack = "unpack";
        NoList = "no_list";
        Divmod = "divmod";
        Pow = "pow";
        Sqrt = "math.sqrt";
        Floor = "math.floor";
        Ceil = "math.ceil";
        Trunc = "math.trunc";
        Fabs = "math.fabs";
        Exp = "math.exp";
        Log = "math.log";
        Log2 = "math.log2";
        Log10 = "math.log10";
        MathPow = "math.pow";
        Sin = "math.sin";
        Cos = "math.cos";
        Tan = "math.tan";
        Asin = "math.asin";
        Acos = "math.acos";
        Atan = "math.atan";
        Atan2 = "math.atan2";
        Degrees = "math.degrees";
        Radians = "math.radians";
        IsNan = "math.isnan";
        IsInf = "math.isinf";
        IsFinite = "math.isfinite";
        Gcd = "math.gcd";
        CopySign = "math.copysign";
        Fmod = "math.fmod";
        IsClose = "math.isclose";
        Sinh = "math.sinh";
        Cosh = "math.cosh";
        Tanh = "math.tanh";
        Log1p = "math.log1p";
        Expm1 = "math.expm1";
        JsonLoads = "json.loads";
        NumpyArray = "numpy.array";
        NumpySum = "numpy.sum";
        Range = "iter.range";
        Zip = "iter.zip";
        ZipOf = "iter.zip_of";
        Enumerate = "iter.enumerate";
        Reversed = "iter.reversed";
        Flatten = "iter.flatten";
        Distinct = "set.of";
        Counts = "dict.counts";
        DictOf = "dict.of";
        SortedBy = "list.sorted_by";
        MaxBy = "list.max_by";
        MinBy = "list.min_by";
        Combinations = "iter.combinations";
        Product = "iter.product";
        MostCommon = "dict.most_common";
        Accumulate = "iter.accumulate";
        GroupRuns = "iter.groups";
        UnpackStar = "unpack_star";
        Append = "list.append";
        Extend = "list.extend";
        Insert = "list.insert";
        SetItem = "list.set";
        DelItem = "list.del";
        Remove = "list.remove";
        SetAnd = "set.and";
        SetOr = "set.or";
        SetSub = "set.sub";
        SetXor = "set.xor";
        SetLe = "set.le";
        SetHas = "set.has";
        DictKeys = "dict.keys";
        DictValues = "dict.values";
        DictHas = "dict.has";
        DictItem = "dict.item";
        DictGet = "dict.get";
        DictSet = "dict.set";
        DictMake = "dict.make";
        DictPairs = "dict.pairs";
        DictMerge = "dict.merge";
        SetMake = "set.make";
        SetItems = "set.items";
        DictDel = "dict.del";
        Factorial = "math.factorial";
        Hex = "hex";
        Bin = "bin";
        Oct = "oct";
        DateStrptime = "date.strptime";
        DateField = "date.field";
        DateMake = "date.make";
        DateDelta = "date.delta";
        DateReplace = "date.replace";
        DateFormat = "date.format";
        DateIso = "date.iso";
        DateFromIso = "date.from_iso";
        DateDate = "date.date";
        DateWeekday = "date.weekday";
        DateOrdinal = "date.ordinal";
        DateFromOrdinal = "date.from_ordinal";
        DateSeconds = "date.seconds";
        DateTimestamp = "date.timestamp";
        DateFromTimestamp = "date.from_timestamp";
        DateConstant = "date.constant";
        DateWeek = "date.week";
        Crc32 = "zlib.crc32";
        Translate = "str.replace_each";
        Bisect = "bisect";
        TypeName = "type.name";
        Hash = "hash";
        Mean = "statistics.mean";
        Median = "statistics.median";
        JsonDumps = "json.dumps";
        Replaced = "re.replaced";
        UrlSplit = "url.split";
        UrlHost = "url.host";
        UrlPort = "url.port";
        UrlUser = "url.user";
        UrlPairs = "url.pairs";
        UrlQuery = "url.query";
        UrlUnquote = "url.unquote";
        UrlQuote = "url.quote";
        HtmlEscape = "html.escape";
        HtmlUnescape = "html.unescape";
        PathSplit = "path.split";
        PathBase = "path.base";
        PathDir = "path.dir";
        PathExt = "path.ext";
        PathJoin = "path.join";
        CsvRows = "csv.rows";
        HashHex = "hash.hex";
        HashDigest = "hash.digest";
        HashModulo = "hash.modulo";
        Base64Encode = "base64.encode";
        Base64Decode = "base64.decode";
        Normalize = "unicode.normalize";
        Category = "unicode.category";
        Combining = "unicode.combining";
        RecordOf = "record.of";
        RecordAttr = "record.attr";
        RecordDict = "record.dict";
        RecordIs = "record.is";
        RecordMerge = "record.merge";
        RecordReplace = "record.replace";
    }
}

impl Function {
    /// Whether it is one of `cells/collections.rs`, which make a list of what is no list or change one.
    pub fn is_of_collections(self) -> bool {
        (Self::Range as usize..=Self::DictDel as usize).contains(&(self as usize))
    }

    /// Whether it gives its first argument, changed.
    pub fn changes(self) -> bool {
        matches!(
            self,
            Self::Append
                | Self::Extend
                | Self::Insert
                | Self::SetItem
                | Self::DelItem
                | Self::Remove
                | Self::DictSet
                | Self::DictDel
                | Self::SetOr
        )
    }

    /// Whether it is one of `cells/web.rs`.
    pub fn is_of_web(self) -> bool {
        (Self::UrlSplit as usize..=Self::PathJoin as usize).contains(&(self as usize))
    }

    /// Whether it is one of `cells/digests.rs`.
    pub fn is_of_digests(self) -> bool {
        (Self::HashHex as usize..=Self::Combining as usize).contains(&(self as usize))
    }

    /// Whether it is one of `cells/tables.rs`.
    pub fn has_a_table(self) -> bool {
        (Self::Translate as usize..=Self::Median as usize).contains(&(self as usize))
    }

    /// Whether it is one of `cells/records.rs`.
    pub fn is_of_records(self) -> bool {
        (Self::RecordOf as usize..=Self::RecordReplace as usize).contains(&(self as usize))
    }

    /// Whether it is one of `cells/dates.rs`.
    pub fn is_of_dates(self) -> bool {
        (Self::DateStrptime as usize..=Self::DateWeek as usize).contains(&(self as usize))
    }
}

names! {
    /// A method of a str, bytes, tuple, list or match.
    Method by method {
        Lower = "lower";
        Upper = "upper";
        Casefold = "casefold";
        Swapcase = "swapcase";
        Title = "title";
        Capitalize = "capitalize";
        Strip = "strip";
        Lstrip = "lstrip";
        Rstrip = "rstrip";
        Split = "split";
        Rsplit = "rsplit";
        Splitlines = "splitlines";
        Partition = "partition";
        Rpartition = "rpartition";
        StartsWith = "startswith";
        EndsWith = "endswith";
        Replace = "replace";
        Find = "find";
        Rfind = "rfind";
        Index = "index";
        Rindex = "rindex";
        Count = "count";
        Join = "join";
        IsDigit = "isdigit";
        IsAlpha = "isalpha";
        IsAlnum = "isalnum";
        IsSpace = "isspace";
        IsUpper = "isupper";
        IsLower = "islower";
        IsAscii = "isascii";
        IsTitle = "istitle";
        Encode = "encode";
        Decode = "decode";
        Zfill = "zfill";
        Ljust = "ljust";
        Rjust = "rjust";
        Center = "center";
        RemovePrefix = "removeprefix";
        RemoveSuffix = "removesuffix";
        Get = "get";
        Items = "items";
        Keys = "keys";
        Values = "values";
        Copy = "copy";
        Union = "union";
        Intersection = "intersection";
        Difference = "difference";
        SymmetricDifference = "symmetric_difference";
        IsSubset = "issubset";
        IsSuperset = "issuperset";
        IsDisjoint = "isdisjoint";
        Expandtabs = "expandtabs";
        IsDecimal = "isdecimal";
        IsNumeric = "isnumeric";
        IsIdentifier = "isidentifier";
        IsPrintable = "isprintable";
        Group = "group";
        Groups = "groups";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_the_names_are_the_same() {
        for function in Function::ALL {
            assert!(TABLE.function(function.name()).is_some(), "{}", function.name());
        }
        for method in Method::ALL {
            assert!(TABLE.method(method.name()).is_some(), "{}", method.name());
        }
        assert_eq!(TABLE.functions.len(), Function::ALL.len());
        assert_eq!(TABLE.methods.len() + TABLE.match_methods.len(), Method::ALL.len());
        assert!(Function::Round.takes(2) && !Function::Round.takes(3) && !Method::Join.takes(0));
    }
}
