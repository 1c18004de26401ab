//! The messages of Spark Connect that a plan is made of, as prost's own generator writes them from the client's
//! descriptors: relations, expressions, types and literals, without what Pyrite never reads.
#![expect(
    missing_docs,
    clippy::pedantic,
    clippy::enum_variant_names,
    reason = "a generated file: the names are the protocol's"
)]

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Origin {
    #[prost(oneof = "origin::Function", tags = "1, 2")]
    pub function: ::core::option::Option<origin::Function>,
}
/// Nested message and enum types in `Origin`.
pub mod origin {
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum Function {
        #[prost(message, tag = "1")]
        PythonOrigin(super::PythonOrigin),
        #[prost(message, tag = "2")]
        JvmOrigin(super::JvmOrigin),
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct PythonOrigin {
    #[prost(string, tag = "1")]
    pub fragment: ::prost::alloc::string::String,
    #[prost(string, tag = "2")]
    pub call_site: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct JvmOrigin {
    #[prost(int32, optional, tag = "1")]
    pub line: ::core::option::Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub start_position: ::core::option::Option<i32>,
    #[prost(int32, optional, tag = "3")]
    pub start_index: ::core::option::Option<i32>,
    #[prost(int32, optional, tag = "4")]
    pub stop_index: ::core::option::Option<i32>,
    #[prost(string, optional, tag = "5")]
    pub sql_text: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(string, optional, tag = "6")]
    pub object_type: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(string, optional, tag = "7")]
    pub object_name: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(message, repeated, tag = "8")]
    pub stack_trace: ::prost::alloc::vec::Vec<StackTraceElement>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct StackTraceElement {
    #[prost(string, optional, tag = "1")]
    pub class_loader_name: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(string, optional, tag = "2")]
    pub module_name: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(string, optional, tag = "3")]
    pub module_version: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(string, tag = "4")]
    pub declaring_class: ::prost::alloc::string::String,
    #[prost(string, tag = "5")]
    pub method_name: ::prost::alloc::string::String,
    #[prost(string, optional, tag = "6")]
    pub file_name: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(int32, tag = "7")]
    pub line_number: i32,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct DataType {
    #[prost(
        oneof = "data_type::Kind",
        tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 25, 23, 26, 27, 24, 28"
    )]
    pub kind: ::core::option::Option<data_type::Kind>,
}
/// Nested message and enum types in `DataType`.
pub mod data_type {
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Boolean {
        #[prost(uint32, tag = "1")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Byte {
        #[prost(uint32, tag = "1")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Short {
        #[prost(uint32, tag = "1")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Integer {
        #[prost(uint32, tag = "1")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Long {
        #[prost(uint32, tag = "1")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Float {
        #[prost(uint32, tag = "1")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Double {
        #[prost(uint32, tag = "1")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct String {
        #[prost(uint32, tag = "1")]
        pub type_variation_reference: u32,
        #[prost(string, tag = "2")]
        pub collation: ::prost::alloc::string::String,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Binary {
        #[prost(uint32, tag = "1")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Null {
        #[prost(uint32, tag = "1")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Timestamp {
        #[prost(uint32, tag = "1")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Date {
        #[prost(uint32, tag = "1")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct TimestampNtz {
        #[prost(uint32, tag = "1")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Time {
        #[prost(int32, optional, tag = "1")]
        pub precision: ::core::option::Option<i32>,
        #[prost(uint32, tag = "2")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct CalendarInterval {
        #[prost(uint32, tag = "1")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct YearMonthInterval {
        #[prost(int32, optional, tag = "1")]
        pub start_field: ::core::option::Option<i32>,
        #[prost(int32, optional, tag = "2")]
        pub end_field: ::core::option::Option<i32>,
        #[prost(uint32, tag = "3")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct DayTimeInterval {
        #[prost(int32, optional, tag = "1")]
        pub start_field: ::core::option::Option<i32>,
        #[prost(int32, optional, tag = "2")]
        pub end_field: ::core::option::Option<i32>,
        #[prost(uint32, tag = "3")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Char {
        #[prost(int32, tag = "1")]
        pub length: i32,
        #[prost(uint32, tag = "2")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct VarChar {
        #[prost(int32, tag = "1")]
        pub length: i32,
        #[prost(uint32, tag = "2")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Decimal {
        #[prost(int32, optional, tag = "1")]
        pub scale: ::core::option::Option<i32>,
        #[prost(int32, optional, tag = "2")]
        pub precision: ::core::option::Option<i32>,
        #[prost(uint32, tag = "3")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct StructField {
        #[prost(string, tag = "1")]
        pub name: ::prost::alloc::string::String,
        #[prost(message, optional, tag = "2")]
        pub data_type: ::core::option::Option<super::DataType>,
        #[prost(bool, tag = "3")]
        pub nullable: bool,
        #[prost(string, optional, tag = "4")]
        pub metadata: ::core::option::Option<::prost::alloc::string::String>,
    }
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Struct {
        #[prost(message, repeated, tag = "1")]
        pub fields: ::prost::alloc::vec::Vec<StructField>,
        #[prost(uint32, tag = "2")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Array {
        #[prost(message, optional, boxed, tag = "1")]
        pub element_type: ::core::option::Option<::prost::alloc::boxed::Box<super::DataType>>,
        #[prost(bool, tag = "2")]
        pub contains_null: bool,
        #[prost(uint32, tag = "3")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Map {
        #[prost(message, optional, boxed, tag = "1")]
        pub key_type: ::core::option::Option<::prost::alloc::boxed::Box<super::DataType>>,
        #[prost(message, optional, boxed, tag = "2")]
        pub value_type: ::core::option::Option<::prost::alloc::boxed::Box<super::DataType>>,
        #[prost(bool, tag = "3")]
        pub value_contains_null: bool,
        #[prost(uint32, tag = "4")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Geometry {
        #[prost(int32, tag = "1")]
        pub srid: i32,
        #[prost(uint32, tag = "2")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Geography {
        #[prost(int32, tag = "1")]
        pub srid: i32,
        #[prost(uint32, tag = "2")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Variant {
        #[prost(uint32, tag = "1")]
        pub type_variation_reference: u32,
    }
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Udt {
        #[prost(string, tag = "1")]
        pub r#type: ::prost::alloc::string::String,
        #[prost(string, optional, tag = "2")]
        pub jvm_class: ::core::option::Option<::prost::alloc::string::String>,
        #[prost(string, optional, tag = "3")]
        pub python_class: ::core::option::Option<::prost::alloc::string::String>,
        #[prost(string, optional, tag = "4")]
        pub serialized_python_class: ::core::option::Option<::prost::alloc::string::String>,
        #[prost(message, optional, boxed, tag = "5")]
        pub sql_type: ::core::option::Option<::prost::alloc::boxed::Box<super::DataType>>,
    }
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Unparsed {
        #[prost(string, tag = "1")]
        pub data_type_string: ::prost::alloc::string::String,
    }
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum Kind {
        #[prost(message, tag = "1")]
        Null(Null),
        #[prost(message, tag = "2")]
        Binary(Binary),
        #[prost(message, tag = "3")]
        Boolean(Boolean),
        #[prost(message, tag = "4")]
        Byte(Byte),
        #[prost(message, tag = "5")]
        Short(Short),
        #[prost(message, tag = "6")]
        Integer(Integer),
        #[prost(message, tag = "7")]
        Long(Long),
        #[prost(message, tag = "8")]
        Float(Float),
        #[prost(message, tag = "9")]
        Double(Double),
        #[prost(message, tag = "10")]
        Decimal(Decimal),
        #[prost(message, tag = "11")]
        String(String),
        #[prost(message, tag = "12")]
        Char(Char),
        #[prost(message, tag = "13")]
        VarChar(VarChar),
        #[prost(message, tag = "14")]
        Date(Date),
        #[prost(message, tag = "15")]
        Timestamp(Timestamp),
        #[prost(message, tag = "16")]
        TimestampNtz(TimestampNtz),
        #[prost(message, tag = "17")]
        CalendarInterval(CalendarInterval),
        #[prost(message, tag = "18")]
        YearMonthInterval(YearMonthInterval),
        #[prost(message, tag = "19")]
        DayTimeInterval(DayTimeInterval),
        #[prost(message, tag = "20")]
        Array(::prost::alloc::boxed::Box<Array>),
        #[prost(message, tag = "21")]
        Struct(Struct),
        #[prost(message, tag = "22")]
        Map(::prost::alloc::boxed::Box<Map>),
        #[prost(message, tag = "25")]
        Variant(Variant),
        #[prost(message, tag = "23")]
        Udt(::prost::alloc::boxed::Box<Udt>),
        #[prost(message, tag = "26")]
        Geometry(Geometry),
        #[prost(message, tag = "27")]
        Geography(Geography),
        #[prost(message, tag = "24")]
        Unparsed(Unparsed),
        #[prost(message, tag = "28")]
        Time(Time),
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Expression {
    #[prost(message, optional, tag = "18")]
    pub common: ::core::option::Option<ExpressionCommon>,
    #[prost(
        oneof = "expression::ExprType",
        tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22"
    )]
    pub expr_type: ::core::option::Option<expression::ExprType>,
}
/// Nested message and enum types in `Expression`.
pub mod expression {
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Window {
        #[prost(message, optional, boxed, tag = "1")]
        pub window_function: ::core::option::Option<::prost::alloc::boxed::Box<super::Expression>>,
        #[prost(message, repeated, tag = "2")]
        pub partition_spec: ::prost::alloc::vec::Vec<super::Expression>,
        #[prost(message, repeated, tag = "3")]
        pub order_spec: ::prost::alloc::vec::Vec<SortOrder>,
        #[prost(message, optional, boxed, tag = "4")]
        pub frame_spec: ::core::option::Option<::prost::alloc::boxed::Box<window::WindowFrame>>,
    }
    /// Nested message and enum types in `Window`.
    pub mod window {
        #[derive(Clone, PartialEq, ::prost::Message)]
        pub struct WindowFrame {
            #[prost(enumeration = "window_frame::FrameType", tag = "1")]
            pub frame_type: i32,
            #[prost(message, optional, boxed, tag = "2")]
            pub lower: ::core::option::Option<::prost::alloc::boxed::Box<window_frame::FrameBoundary>>,
            #[prost(message, optional, boxed, tag = "3")]
            pub upper: ::core::option::Option<::prost::alloc::boxed::Box<window_frame::FrameBoundary>>,
        }
        /// Nested message and enum types in `WindowFrame`.
        pub mod window_frame {
            #[derive(Clone, PartialEq, ::prost::Message)]
            pub struct FrameBoundary {
                #[prost(oneof = "frame_boundary::Boundary", tags = "1, 2, 3")]
                pub boundary: ::core::option::Option<frame_boundary::Boundary>,
            }
            /// Nested message and enum types in `FrameBoundary`.
            pub mod frame_boundary {
                #[derive(Clone, PartialEq, ::prost::Oneof)]
                pub enum Boundary {
                    #[prost(bool, tag = "1")]
                    CurrentRow(bool),
                    #[prost(bool, tag = "2")]
                    Unbounded(bool),
                    #[prost(message, tag = "3")]
                    Value(::prost::alloc::boxed::Box<super::super::super::super::Expression>),
                }
            }
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
            #[repr(i32)]
            pub enum FrameType {
                Undefined = 0,
                Row = 1,
                Range = 2,
            }
        }
    }
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct SortOrder {
        #[prost(message, optional, boxed, tag = "1")]
        pub child: ::core::option::Option<::prost::alloc::boxed::Box<super::Expression>>,
        #[prost(enumeration = "sort_order::SortDirection", tag = "2")]
        pub direction: i32,
        #[prost(enumeration = "sort_order::NullOrdering", tag = "3")]
        pub null_ordering: i32,
    }
    /// Nested message and enum types in `SortOrder`.
    pub mod sort_order {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
        #[repr(i32)]
        pub enum SortDirection {
            Unspecified = 0,
            Ascending = 1,
            Descending = 2,
        }
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
        #[repr(i32)]
        pub enum NullOrdering {
            SortNullsUnspecified = 0,
            SortNullsFirst = 1,
            SortNullsLast = 2,
        }
    }
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct DirectShufflePartitionId {
        #[prost(message, optional, boxed, tag = "1")]
        pub child: ::core::option::Option<::prost::alloc::boxed::Box<super::Expression>>,
    }
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Cast {
        #[prost(message, optional, boxed, tag = "1")]
        pub expr: ::core::option::Option<::prost::alloc::boxed::Box<super::Expression>>,
        #[prost(enumeration = "cast::EvalMode", tag = "4")]
        pub eval_mode: i32,
        #[prost(oneof = "cast::CastToType", tags = "2, 3")]
        pub cast_to_type: ::core::option::Option<cast::CastToType>,
    }
    /// Nested message and enum types in `Cast`.
    pub mod cast {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
        #[repr(i32)]
        pub enum EvalMode {
            Unspecified = 0,
            Legacy = 1,
            Ansi = 2,
            Try = 3,
        }
        #[derive(Clone, PartialEq, ::prost::Oneof)]
        pub enum CastToType {
            #[prost(message, tag = "2")]
            Type(super::super::DataType),
            #[prost(string, tag = "3")]
            TypeStr(::prost::alloc::string::String),
        }
    }
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Literal {
        #[prost(message, optional, tag = "100")]
        pub data_type: ::core::option::Option<super::DataType>,
        #[prost(
            oneof = "literal::LiteralType",
            tags = "1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 16, 17, 18, 19, 20, 21, 22, 23, 24, 26"
        )]
        pub literal_type: ::core::option::Option<literal::LiteralType>,
    }
    /// Nested message and enum types in `Literal`.
    pub mod literal {
        #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
        pub struct Decimal {
            #[prost(string, tag = "1")]
            pub value: ::prost::alloc::string::String,
            #[prost(int32, optional, tag = "2")]
            pub precision: ::core::option::Option<i32>,
            #[prost(int32, optional, tag = "3")]
            pub scale: ::core::option::Option<i32>,
        }
        #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
        pub struct CalendarInterval {
            #[prost(int32, tag = "1")]
            pub months: i32,
            #[prost(int32, tag = "2")]
            pub days: i32,
            #[prost(int64, tag = "3")]
            pub microseconds: i64,
        }
        #[derive(Clone, PartialEq, ::prost::Message)]
        pub struct Array {
            #[deprecated]
            #[prost(message, optional, tag = "1")]
            pub element_type: ::core::option::Option<super::super::DataType>,
            #[prost(message, repeated, tag = "2")]
            pub elements: ::prost::alloc::vec::Vec<super::Literal>,
        }
        #[derive(Clone, PartialEq, ::prost::Message)]
        pub struct Map {
            #[deprecated]
            #[prost(message, optional, tag = "1")]
            pub key_type: ::core::option::Option<super::super::DataType>,
            #[deprecated]
            #[prost(message, optional, tag = "2")]
            pub value_type: ::core::option::Option<super::super::DataType>,
            #[prost(message, repeated, tag = "3")]
            pub keys: ::prost::alloc::vec::Vec<super::Literal>,
            #[prost(message, repeated, tag = "4")]
            pub values: ::prost::alloc::vec::Vec<super::Literal>,
        }
        #[derive(Clone, PartialEq, ::prost::Message)]
        pub struct Struct {
            #[deprecated]
            #[prost(message, optional, tag = "1")]
            pub struct_type: ::core::option::Option<super::super::DataType>,
            #[prost(message, repeated, tag = "2")]
            pub elements: ::prost::alloc::vec::Vec<super::Literal>,
        }
        #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
        pub struct Time {
            #[prost(int64, tag = "1")]
            pub nano: i64,
            #[prost(int32, optional, tag = "2")]
            pub precision: ::core::option::Option<i32>,
        }
        #[derive(Clone, PartialEq, ::prost::Oneof)]
        pub enum LiteralType {
            #[prost(message, tag = "1")]
            Null(super::super::DataType),
            #[prost(bytes, tag = "2")]
            Binary(::prost::alloc::vec::Vec<u8>),
            #[prost(bool, tag = "3")]
            Boolean(bool),
            #[prost(int32, tag = "4")]
            Byte(i32),
            #[prost(int32, tag = "5")]
            Short(i32),
            #[prost(int32, tag = "6")]
            Integer(i32),
            #[prost(int64, tag = "7")]
            Long(i64),
            #[prost(float, tag = "10")]
            Float(f32),
            #[prost(double, tag = "11")]
            Double(f64),
            #[prost(message, tag = "12")]
            Decimal(Decimal),
            #[prost(string, tag = "13")]
            String(::prost::alloc::string::String),
            #[prost(int32, tag = "16")]
            Date(i32),
            #[prost(int64, tag = "17")]
            Timestamp(i64),
            #[prost(int64, tag = "18")]
            TimestampNtz(i64),
            #[prost(message, tag = "19")]
            CalendarInterval(CalendarInterval),
            #[prost(int32, tag = "20")]
            YearMonthInterval(i32),
            #[prost(int64, tag = "21")]
            DayTimeInterval(i64),
            #[prost(message, tag = "22")]
            Array(Array),
            #[prost(message, tag = "23")]
            Map(Map),
            #[prost(message, tag = "24")]
            Struct(Struct),
            #[prost(message, tag = "26")]
            Time(Time),
        }
    }
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct UnresolvedAttribute {
        #[prost(string, tag = "1")]
        pub unparsed_identifier: ::prost::alloc::string::String,
        #[prost(int64, optional, tag = "2")]
        pub plan_id: ::core::option::Option<i64>,
        #[prost(bool, optional, tag = "3")]
        pub is_metadata_column: ::core::option::Option<bool>,
    }
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct UnresolvedFunction {
        #[prost(string, tag = "1")]
        pub function_name: ::prost::alloc::string::String,
        #[prost(message, repeated, tag = "2")]
        pub arguments: ::prost::alloc::vec::Vec<super::Expression>,
        #[prost(bool, tag = "3")]
        pub is_distinct: bool,
        #[prost(bool, tag = "4")]
        pub is_user_defined_function: bool,
        #[prost(bool, optional, tag = "5")]
        pub is_internal: ::core::option::Option<bool>,
    }
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct ExpressionString {
        #[prost(string, tag = "1")]
        pub expression: ::prost::alloc::string::String,
    }
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct UnresolvedStar {
        #[prost(string, optional, tag = "1")]
        pub unparsed_target: ::core::option::Option<::prost::alloc::string::String>,
        #[prost(int64, optional, tag = "2")]
        pub plan_id: ::core::option::Option<i64>,
    }
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct UnresolvedRegex {
        #[prost(string, tag = "1")]
        pub col_name: ::prost::alloc::string::String,
        #[prost(int64, optional, tag = "2")]
        pub plan_id: ::core::option::Option<i64>,
    }
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct UnresolvedExtractValue {
        #[prost(message, optional, boxed, tag = "1")]
        pub child: ::core::option::Option<::prost::alloc::boxed::Box<super::Expression>>,
        #[prost(message, optional, boxed, tag = "2")]
        pub extraction: ::core::option::Option<::prost::alloc::boxed::Box<super::Expression>>,
    }
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct UpdateFields {
        #[prost(message, optional, boxed, tag = "1")]
        pub struct_expression: ::core::option::Option<::prost::alloc::boxed::Box<super::Expression>>,
        #[prost(string, tag = "2")]
        pub field_name: ::prost::alloc::string::String,
        #[prost(message, optional, boxed, tag = "3")]
        pub value_expression: ::core::option::Option<::prost::alloc::boxed::Box<super::Expression>>,
    }
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Alias {
        #[prost(message, optional, boxed, tag = "1")]
        pub expr: ::core::option::Option<::prost::alloc::boxed::Box<super::Expression>>,
        #[prost(string, repeated, tag = "2")]
        pub name: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
        #[prost(string, optional, tag = "3")]
        pub metadata: ::core::option::Option<::prost::alloc::string::String>,
    }
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct LambdaFunction {
        #[prost(message, optional, boxed, tag = "1")]
        pub function: ::core::option::Option<::prost::alloc::boxed::Box<super::Expression>>,
        #[prost(message, repeated, tag = "2")]
        pub arguments: ::prost::alloc::vec::Vec<UnresolvedNamedLambdaVariable>,
    }
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct UnresolvedNamedLambdaVariable {
        #[prost(string, repeated, tag = "1")]
        pub name_parts: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    }
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum ExprType {
        #[prost(message, tag = "1")]
        Literal(Literal),
        #[prost(message, tag = "2")]
        UnresolvedAttribute(UnresolvedAttribute),
        #[prost(message, tag = "3")]
        UnresolvedFunction(UnresolvedFunction),
        #[prost(message, tag = "4")]
        ExpressionString(ExpressionString),
        #[prost(message, tag = "5")]
        UnresolvedStar(UnresolvedStar),
        #[prost(message, tag = "6")]
        Alias(::prost::alloc::boxed::Box<Alias>),
        #[prost(message, tag = "7")]
        Cast(::prost::alloc::boxed::Box<Cast>),
        #[prost(message, tag = "8")]
        UnresolvedRegex(UnresolvedRegex),
        #[prost(message, tag = "9")]
        SortOrder(::prost::alloc::boxed::Box<SortOrder>),
        #[prost(message, tag = "10")]
        LambdaFunction(::prost::alloc::boxed::Box<LambdaFunction>),
        #[prost(message, tag = "11")]
        Window(::prost::alloc::boxed::Box<Window>),
        #[prost(message, tag = "12")]
        UnresolvedExtractValue(::prost::alloc::boxed::Box<UnresolvedExtractValue>),
        #[prost(message, tag = "13")]
        UpdateFields(::prost::alloc::boxed::Box<UpdateFields>),
        #[prost(message, tag = "14")]
        UnresolvedNamedLambdaVariable(UnresolvedNamedLambdaVariable),
        #[prost(message, tag = "15")]
        CommonInlineUserDefinedFunction(super::CommonInlineUserDefinedFunction),
        #[prost(message, tag = "16")]
        CallFunction(super::CallFunction),
        #[prost(message, tag = "17")]
        NamedArgumentExpression(::prost::alloc::boxed::Box<super::NamedArgumentExpression>),
        #[prost(message, tag = "19")]
        MergeAction(::prost::alloc::boxed::Box<super::MergeAction>),
        #[prost(message, tag = "20")]
        TypedAggregateExpression(super::TypedAggregateExpression),
        #[prost(message, tag = "21")]
        SubqueryExpression(super::SubqueryExpression),
        #[prost(message, tag = "22")]
        DirectShufflePartitionId(::prost::alloc::boxed::Box<DirectShufflePartitionId>),
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ExpressionCommon {
    #[prost(message, optional, tag = "1")]
    pub origin: ::core::option::Option<Origin>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct CommonInlineUserDefinedFunction {
    #[prost(string, tag = "1")]
    pub function_name: ::prost::alloc::string::String,
    #[prost(bool, tag = "2")]
    pub deterministic: bool,
    #[prost(message, repeated, tag = "3")]
    pub arguments: ::prost::alloc::vec::Vec<Expression>,
    #[prost(bool, tag = "7")]
    pub is_distinct: bool,
    #[prost(oneof = "common_inline_user_defined_function::Function", tags = "4, 5, 6")]
    pub function: ::core::option::Option<common_inline_user_defined_function::Function>,
}
/// Nested message and enum types in `CommonInlineUserDefinedFunction`.
pub mod common_inline_user_defined_function {
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum Function {
        #[prost(message, tag = "4")]
        PythonUdf(super::PythonUdf),
        #[prost(message, tag = "5")]
        ScalarScalaUdf(super::ScalarScalaUdf),
        #[prost(message, tag = "6")]
        JavaUdf(super::JavaUdf),
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct PythonUdf {
    #[prost(message, optional, tag = "1")]
    pub output_type: ::core::option::Option<DataType>,
    #[prost(int32, tag = "2")]
    pub eval_type: i32,
    #[prost(bytes = "vec", tag = "3")]
    pub command: ::prost::alloc::vec::Vec<u8>,
    #[prost(string, tag = "4")]
    pub python_ver: ::prost::alloc::string::String,
    #[prost(string, repeated, tag = "5")]
    pub additional_includes: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ScalarScalaUdf {
    #[prost(bytes = "vec", tag = "1")]
    pub payload: ::prost::alloc::vec::Vec<u8>,
    #[prost(message, repeated, tag = "2")]
    pub input_types: ::prost::alloc::vec::Vec<DataType>,
    #[prost(message, optional, tag = "3")]
    pub output_type: ::core::option::Option<DataType>,
    #[prost(bool, tag = "4")]
    pub nullable: bool,
    #[prost(bool, tag = "5")]
    pub aggregate: bool,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct JavaUdf {
    #[prost(string, tag = "1")]
    pub class_name: ::prost::alloc::string::String,
    #[prost(message, optional, tag = "2")]
    pub output_type: ::core::option::Option<DataType>,
    #[prost(bool, tag = "3")]
    pub aggregate: bool,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct TypedAggregateExpression {
    #[prost(message, optional, tag = "1")]
    pub scalar_scala_udf: ::core::option::Option<ScalarScalaUdf>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct CallFunction {
    #[prost(string, tag = "1")]
    pub function_name: ::prost::alloc::string::String,
    #[prost(message, repeated, tag = "2")]
    pub arguments: ::prost::alloc::vec::Vec<Expression>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct NamedArgumentExpression {
    #[prost(string, tag = "1")]
    pub key: ::prost::alloc::string::String,
    #[prost(message, optional, boxed, tag = "2")]
    pub value: ::core::option::Option<::prost::alloc::boxed::Box<Expression>>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct MergeAction {
    #[prost(enumeration = "merge_action::ActionType", tag = "1")]
    pub action_type: i32,
    #[prost(message, optional, boxed, tag = "2")]
    pub condition: ::core::option::Option<::prost::alloc::boxed::Box<Expression>>,
    #[prost(message, repeated, tag = "3")]
    pub assignments: ::prost::alloc::vec::Vec<merge_action::Assignment>,
}
/// Nested message and enum types in `MergeAction`.
pub mod merge_action {
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Assignment {
        #[prost(message, optional, tag = "1")]
        pub key: ::core::option::Option<super::Expression>,
        #[prost(message, optional, tag = "2")]
        pub value: ::core::option::Option<super::Expression>,
    }
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
    #[repr(i32)]
    pub enum ActionType {
        Invalid = 0,
        Delete = 1,
        Insert = 2,
        InsertStar = 3,
        Update = 4,
        UpdateStar = 5,
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct SubqueryExpression {
    #[prost(int64, tag = "1")]
    pub plan_id: i64,
    #[prost(enumeration = "subquery_expression::SubqueryType", tag = "2")]
    pub subquery_type: i32,
    #[prost(message, optional, tag = "3")]
    pub table_arg_options: ::core::option::Option<subquery_expression::TableArgOptions>,
    #[prost(message, repeated, tag = "4")]
    pub in_subquery_values: ::prost::alloc::vec::Vec<Expression>,
}
/// Nested message and enum types in `SubqueryExpression`.
pub mod subquery_expression {
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct TableArgOptions {
        #[prost(message, repeated, tag = "1")]
        pub partition_spec: ::prost::alloc::vec::Vec<super::Expression>,
        #[prost(message, repeated, tag = "2")]
        pub order_spec: ::prost::alloc::vec::Vec<super::expression::SortOrder>,
        #[prost(bool, optional, tag = "3")]
        pub with_single_partition: ::core::option::Option<bool>,
    }
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
    #[repr(i32)]
    pub enum SubqueryType {
        Unknown = 0,
        Scalar = 1,
        Exists = 2,
        TableArg = 3,
        In = 4,
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Relation {
    #[prost(message, optional, tag = "1")]
    pub common: ::core::option::Option<RelationCommon>,
    #[prost(
        oneof = "relation::RelType",
        tags = "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 37, 39, 41, 42, 43, 44, 46, 47, 90, 91, 92, 100, 101, 102, 103, 104, 105, 106, 107"
    )]
    pub rel_type: ::core::option::Option<relation::RelType>,
}
/// Nested message and enum types in `Relation`.
pub mod relation {
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum RelType {
        #[prost(message, tag = "2")]
        Read(super::Read),
        #[prost(message, tag = "3")]
        Project(::prost::alloc::boxed::Box<super::Project>),
        #[prost(message, tag = "4")]
        Filter(::prost::alloc::boxed::Box<super::Filter>),
        #[prost(message, tag = "5")]
        Join(::prost::alloc::boxed::Box<super::Join>),
        #[prost(message, tag = "6")]
        SetOp(::prost::alloc::boxed::Box<super::SetOperation>),
        #[prost(message, tag = "7")]
        Sort(::prost::alloc::boxed::Box<super::Sort>),
        #[prost(message, tag = "8")]
        Limit(::prost::alloc::boxed::Box<super::Limit>),
        #[prost(message, tag = "9")]
        Aggregate(::prost::alloc::boxed::Box<super::Aggregate>),
        #[prost(message, tag = "10")]
        Sql(super::Sql),
        #[prost(message, tag = "11")]
        LocalRelation(super::LocalRelation),
        #[prost(message, tag = "12")]
        Sample(::prost::alloc::boxed::Box<super::Sample>),
        #[prost(message, tag = "13")]
        Offset(::prost::alloc::boxed::Box<super::Offset>),
        #[prost(message, tag = "14")]
        Deduplicate(::prost::alloc::boxed::Box<super::Deduplicate>),
        #[prost(message, tag = "15")]
        Range(super::Range),
        #[prost(message, tag = "16")]
        SubqueryAlias(::prost::alloc::boxed::Box<super::SubqueryAlias>),
        #[prost(message, tag = "17")]
        Repartition(::prost::alloc::boxed::Box<super::Repartition>),
        #[prost(message, tag = "18")]
        ToDf(::prost::alloc::boxed::Box<super::ToDf>),
        #[prost(message, tag = "19")]
        WithColumnsRenamed(::prost::alloc::boxed::Box<super::WithColumnsRenamed>),
        #[prost(message, tag = "20")]
        ShowString(::prost::alloc::boxed::Box<super::ShowString>),
        #[prost(message, tag = "21")]
        Drop(::prost::alloc::boxed::Box<super::Drop>),
        #[prost(message, tag = "22")]
        Tail(::prost::alloc::boxed::Box<super::Tail>),
        #[prost(message, tag = "23")]
        WithColumns(::prost::alloc::boxed::Box<super::WithColumns>),
        #[prost(message, tag = "24")]
        Hint(::prost::alloc::boxed::Box<super::Hint>),
        #[prost(message, tag = "25")]
        Unpivot(::prost::alloc::boxed::Box<super::Unpivot>),
        #[prost(message, tag = "26")]
        ToSchema(::prost::alloc::boxed::Box<super::ToSchema>),
        #[prost(message, tag = "27")]
        RepartitionByExpression(::prost::alloc::boxed::Box<super::RepartitionByExpression>),
        #[prost(message, tag = "28")]
        MapPartitions(::prost::alloc::boxed::Box<super::MapPartitions>),
        #[prost(message, tag = "29")]
        CollectMetrics(::prost::alloc::boxed::Box<super::CollectMetrics>),
        #[prost(message, tag = "30")]
        Parse(::prost::alloc::boxed::Box<super::Parse>),
        #[prost(message, tag = "31")]
        GroupMap(::prost::alloc::boxed::Box<super::GroupMap>),
        #[prost(message, tag = "32")]
        CoGroupMap(::prost::alloc::boxed::Box<super::CoGroupMap>),
        #[prost(message, tag = "33")]
        WithWatermark(::prost::alloc::boxed::Box<super::WithWatermark>),
        #[prost(message, tag = "34")]
        ApplyInPandasWithState(::prost::alloc::boxed::Box<super::ApplyInPandasWithState>),
        #[prost(message, tag = "35")]
        HtmlString(::prost::alloc::boxed::Box<super::HtmlString>),
        #[prost(message, tag = "37")]
        CachedRemoteRelation(super::CachedRemoteRelation),
        #[prost(message, tag = "39")]
        AsOfJoin(::prost::alloc::boxed::Box<super::AsOfJoin>),
        #[prost(message, tag = "41")]
        WithRelations(::prost::alloc::boxed::Box<super::WithRelations>),
        #[prost(message, tag = "42")]
        Transpose(::prost::alloc::boxed::Box<super::Transpose>),
        #[prost(message, tag = "43")]
        UnresolvedTableValuedFunction(super::UnresolvedTableValuedFunction),
        #[prost(message, tag = "44")]
        LateralJoin(::prost::alloc::boxed::Box<super::LateralJoin>),
        #[prost(message, tag = "46")]
        RelationChanges(super::RelationChanges),
        #[prost(message, tag = "47")]
        NearestByJoin(::prost::alloc::boxed::Box<super::NearestByJoin>),
        #[prost(message, tag = "90")]
        FillNa(::prost::alloc::boxed::Box<super::NaFill>),
        #[prost(message, tag = "91")]
        DropNa(::prost::alloc::boxed::Box<super::NaDrop>),
        #[prost(message, tag = "92")]
        Replace(::prost::alloc::boxed::Box<super::NaReplace>),
        #[prost(message, tag = "100")]
        Summary(::prost::alloc::boxed::Box<super::StatSummary>),
        #[prost(message, tag = "101")]
        Crosstab(::prost::alloc::boxed::Box<super::StatCrosstab>),
        #[prost(message, tag = "102")]
        Describe(::prost::alloc::boxed::Box<super::StatDescribe>),
        #[prost(message, tag = "103")]
        Cov(::prost::alloc::boxed::Box<super::StatCov>),
        #[prost(message, tag = "104")]
        Corr(::prost::alloc::boxed::Box<super::StatCorr>),
        #[prost(message, tag = "105")]
        ApproxQuantile(::prost::alloc::boxed::Box<super::StatApproxQuantile>),
        #[prost(message, tag = "106")]
        FreqItems(::prost::alloc::boxed::Box<super::StatFreqItems>),
        #[prost(message, tag = "107")]
        SampleBy(::prost::alloc::boxed::Box<super::StatSampleBy>),
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct RelationCommon {
    #[prost(int64, optional, tag = "2")]
    pub plan_id: ::core::option::Option<i64>,
    #[prost(message, optional, tag = "3")]
    pub origin: ::core::option::Option<Origin>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Sql {
    #[prost(string, tag = "1")]
    pub query: ::prost::alloc::string::String,
    #[prost(map = "string, message", tag = "2")]
    pub args: ::std::collections::HashMap<::prost::alloc::string::String, expression::Literal>,
    #[deprecated]
    #[prost(message, repeated, tag = "3")]
    pub pos_args: ::prost::alloc::vec::Vec<expression::Literal>,
    #[prost(map = "string, message", tag = "4")]
    pub named_arguments: ::std::collections::HashMap<::prost::alloc::string::String, Expression>,
    #[prost(message, repeated, tag = "5")]
    pub pos_arguments: ::prost::alloc::vec::Vec<Expression>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct WithRelations {
    #[prost(message, optional, boxed, tag = "1")]
    pub root: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, repeated, tag = "2")]
    pub references: ::prost::alloc::vec::Vec<Relation>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Read {
    #[prost(bool, tag = "3")]
    pub is_streaming: bool,
    #[prost(oneof = "read::ReadType", tags = "1, 2")]
    pub read_type: ::core::option::Option<read::ReadType>,
}
/// Nested message and enum types in `Read`.
pub mod read {
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct NamedTable {
        #[prost(string, tag = "1")]
        pub unparsed_identifier: ::prost::alloc::string::String,
        #[prost(map = "string, string", tag = "2")]
        pub options: ::std::collections::HashMap<::prost::alloc::string::String, ::prost::alloc::string::String>,
    }
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct DataSource {
        #[prost(string, optional, tag = "1")]
        pub format: ::core::option::Option<::prost::alloc::string::String>,
        #[prost(string, optional, tag = "2")]
        pub schema: ::core::option::Option<::prost::alloc::string::String>,
        #[prost(map = "string, string", tag = "3")]
        pub options: ::std::collections::HashMap<::prost::alloc::string::String, ::prost::alloc::string::String>,
        #[prost(string, repeated, tag = "4")]
        pub paths: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
        #[prost(string, repeated, tag = "5")]
        pub predicates: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
        #[prost(string, optional, tag = "6")]
        pub source_name: ::core::option::Option<::prost::alloc::string::String>,
    }
    #[derive(Clone, PartialEq, ::prost::Oneof)]
    pub enum ReadType {
        #[prost(message, tag = "1")]
        NamedTable(NamedTable),
        #[prost(message, tag = "2")]
        DataSource(DataSource),
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct RelationChanges {
    #[prost(string, tag = "1")]
    pub unparsed_identifier: ::prost::alloc::string::String,
    #[prost(map = "string, string", tag = "2")]
    pub options: ::std::collections::HashMap<::prost::alloc::string::String, ::prost::alloc::string::String>,
    #[prost(bool, tag = "3")]
    pub is_streaming: bool,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Project {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, repeated, tag = "3")]
    pub expressions: ::prost::alloc::vec::Vec<Expression>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Filter {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, optional, tag = "2")]
    pub condition: ::core::option::Option<Expression>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Join {
    #[prost(message, optional, boxed, tag = "1")]
    pub left: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, optional, boxed, tag = "2")]
    pub right: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, optional, tag = "3")]
    pub join_condition: ::core::option::Option<Expression>,
    #[prost(enumeration = "join::JoinType", tag = "4")]
    pub join_type: i32,
    #[prost(string, repeated, tag = "5")]
    pub using_columns: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(message, optional, tag = "6")]
    pub join_data_type: ::core::option::Option<join::JoinDataType>,
}
/// Nested message and enum types in `Join`.
pub mod join {
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct JoinDataType {
        #[prost(bool, tag = "1")]
        pub is_left_struct: bool,
        #[prost(bool, tag = "2")]
        pub is_right_struct: bool,
    }
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
    #[repr(i32)]
    pub enum JoinType {
        Unspecified = 0,
        Inner = 1,
        FullOuter = 2,
        LeftOuter = 3,
        RightOuter = 4,
        LeftAnti = 5,
        LeftSemi = 6,
        Cross = 7,
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct SetOperation {
    #[prost(message, optional, boxed, tag = "1")]
    pub left_input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, optional, boxed, tag = "2")]
    pub right_input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(enumeration = "set_operation::SetOpType", tag = "3")]
    pub set_op_type: i32,
    #[prost(bool, optional, tag = "4")]
    pub is_all: ::core::option::Option<bool>,
    #[prost(bool, optional, tag = "5")]
    pub by_name: ::core::option::Option<bool>,
    #[prost(bool, optional, tag = "6")]
    pub allow_missing_columns: ::core::option::Option<bool>,
}
/// Nested message and enum types in `SetOperation`.
pub mod set_operation {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
    #[repr(i32)]
    pub enum SetOpType {
        Unspecified = 0,
        Intersect = 1,
        Union = 2,
        Except = 3,
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Limit {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(int32, tag = "2")]
    pub limit: i32,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Offset {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(int32, tag = "2")]
    pub offset: i32,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Tail {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(int32, tag = "2")]
    pub limit: i32,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Aggregate {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(enumeration = "aggregate::GroupType", tag = "2")]
    pub group_type: i32,
    #[prost(message, repeated, tag = "3")]
    pub grouping_expressions: ::prost::alloc::vec::Vec<Expression>,
    #[prost(message, repeated, tag = "4")]
    pub aggregate_expressions: ::prost::alloc::vec::Vec<Expression>,
    #[prost(message, optional, tag = "5")]
    pub pivot: ::core::option::Option<aggregate::Pivot>,
    #[prost(message, repeated, tag = "6")]
    pub grouping_sets: ::prost::alloc::vec::Vec<aggregate::GroupingSets>,
}
/// Nested message and enum types in `Aggregate`.
pub mod aggregate {
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Pivot {
        #[prost(message, optional, tag = "1")]
        pub col: ::core::option::Option<super::Expression>,
        #[prost(message, repeated, tag = "2")]
        pub values: ::prost::alloc::vec::Vec<super::expression::Literal>,
    }
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct GroupingSets {
        #[prost(message, repeated, tag = "1")]
        pub grouping_set: ::prost::alloc::vec::Vec<super::Expression>,
    }
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
    #[repr(i32)]
    pub enum GroupType {
        Unspecified = 0,
        Groupby = 1,
        Rollup = 2,
        Cube = 3,
        Pivot = 4,
        GroupingSets = 5,
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Sort {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, repeated, tag = "2")]
    pub order: ::prost::alloc::vec::Vec<expression::SortOrder>,
    #[prost(bool, optional, tag = "3")]
    pub is_global: ::core::option::Option<bool>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Drop {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, repeated, tag = "2")]
    pub columns: ::prost::alloc::vec::Vec<Expression>,
    #[prost(string, repeated, tag = "3")]
    pub column_names: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct WithWatermark {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(string, tag = "2")]
    pub event_time: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub delay_threshold: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ApplyInPandasWithState {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, repeated, tag = "2")]
    pub grouping_expressions: ::prost::alloc::vec::Vec<Expression>,
    #[prost(message, optional, tag = "3")]
    pub func: ::core::option::Option<CommonInlineUserDefinedFunction>,
    #[prost(string, tag = "4")]
    pub output_schema: ::prost::alloc::string::String,
    #[prost(string, tag = "5")]
    pub state_schema: ::prost::alloc::string::String,
    #[prost(string, tag = "6")]
    pub output_mode: ::prost::alloc::string::String,
    #[prost(string, tag = "7")]
    pub timeout_conf: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct TransformWithStateInfo {
    #[prost(string, tag = "1")]
    pub time_mode: ::prost::alloc::string::String,
    #[prost(string, optional, tag = "2")]
    pub event_time_column_name: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(message, optional, tag = "3")]
    pub output_schema: ::core::option::Option<DataType>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Deduplicate {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(string, repeated, tag = "2")]
    pub column_names: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(bool, optional, tag = "3")]
    pub all_columns_as_keys: ::core::option::Option<bool>,
    #[prost(bool, optional, tag = "4")]
    pub within_watermark: ::core::option::Option<bool>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct LocalRelation {
    #[prost(bytes = "vec", optional, tag = "1")]
    pub data: ::core::option::Option<::prost::alloc::vec::Vec<u8>>,
    #[prost(string, optional, tag = "2")]
    pub schema: ::core::option::Option<::prost::alloc::string::String>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct CachedRemoteRelation {
    #[prost(string, tag = "1")]
    pub relation_id: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Sample {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(double, tag = "2")]
    pub lower_bound: f64,
    #[prost(double, tag = "3")]
    pub upper_bound: f64,
    #[prost(bool, optional, tag = "4")]
    pub with_replacement: ::core::option::Option<bool>,
    #[prost(int64, optional, tag = "5")]
    pub seed: ::core::option::Option<i64>,
    #[prost(bool, tag = "6")]
    pub deterministic_order: bool,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Range {
    #[prost(int64, optional, tag = "1")]
    pub start: ::core::option::Option<i64>,
    #[prost(int64, tag = "2")]
    pub end: i64,
    #[prost(int64, tag = "3")]
    pub step: i64,
    #[prost(int32, optional, tag = "4")]
    pub num_partitions: ::core::option::Option<i32>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct SubqueryAlias {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(string, tag = "2")]
    pub alias: ::prost::alloc::string::String,
    #[prost(string, repeated, tag = "3")]
    pub qualifier: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Repartition {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(int32, tag = "2")]
    pub num_partitions: i32,
    #[prost(bool, optional, tag = "3")]
    pub shuffle: ::core::option::Option<bool>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ShowString {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(int32, tag = "2")]
    pub num_rows: i32,
    #[prost(int32, tag = "3")]
    pub truncate: i32,
    #[prost(bool, tag = "4")]
    pub vertical: bool,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct HtmlString {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(int32, tag = "2")]
    pub num_rows: i32,
    #[prost(int32, tag = "3")]
    pub truncate: i32,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct StatSummary {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(string, repeated, tag = "2")]
    pub statistics: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct StatDescribe {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(string, repeated, tag = "2")]
    pub cols: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct StatCrosstab {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(string, tag = "2")]
    pub col1: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub col2: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct StatCov {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(string, tag = "2")]
    pub col1: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub col2: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct StatCorr {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(string, tag = "2")]
    pub col1: ::prost::alloc::string::String,
    #[prost(string, tag = "3")]
    pub col2: ::prost::alloc::string::String,
    #[prost(string, optional, tag = "4")]
    pub method: ::core::option::Option<::prost::alloc::string::String>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct StatApproxQuantile {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(string, repeated, tag = "2")]
    pub cols: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(double, repeated, tag = "3")]
    pub probabilities: ::prost::alloc::vec::Vec<f64>,
    #[prost(double, tag = "4")]
    pub relative_error: f64,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct StatFreqItems {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(string, repeated, tag = "2")]
    pub cols: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(double, optional, tag = "3")]
    pub support: ::core::option::Option<f64>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct StatSampleBy {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, optional, tag = "2")]
    pub col: ::core::option::Option<Expression>,
    #[prost(message, repeated, tag = "3")]
    pub fractions: ::prost::alloc::vec::Vec<stat_sample_by::Fraction>,
    #[prost(int64, optional, tag = "5")]
    pub seed: ::core::option::Option<i64>,
}
/// Nested message and enum types in `StatSampleBy`.
pub mod stat_sample_by {
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Fraction {
        #[prost(message, optional, tag = "1")]
        pub stratum: ::core::option::Option<super::expression::Literal>,
        #[prost(double, tag = "2")]
        pub fraction: f64,
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct NaFill {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(string, repeated, tag = "2")]
    pub cols: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(message, repeated, tag = "3")]
    pub values: ::prost::alloc::vec::Vec<expression::Literal>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct NaDrop {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(string, repeated, tag = "2")]
    pub cols: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(int32, optional, tag = "3")]
    pub min_non_nulls: ::core::option::Option<i32>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct NaReplace {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(string, repeated, tag = "2")]
    pub cols: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(message, repeated, tag = "3")]
    pub replacements: ::prost::alloc::vec::Vec<na_replace::Replacement>,
}
/// Nested message and enum types in `NAReplace`.
pub mod na_replace {
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Replacement {
        #[prost(message, optional, tag = "1")]
        pub old_value: ::core::option::Option<super::expression::Literal>,
        #[prost(message, optional, tag = "2")]
        pub new_value: ::core::option::Option<super::expression::Literal>,
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ToDf {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(string, repeated, tag = "2")]
    pub column_names: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct WithColumnsRenamed {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(map = "string, string", tag = "2")]
    pub rename_columns_map: ::std::collections::HashMap<::prost::alloc::string::String, ::prost::alloc::string::String>,
    #[prost(message, repeated, tag = "3")]
    pub renames: ::prost::alloc::vec::Vec<with_columns_renamed::Rename>,
}
/// Nested message and enum types in `WithColumnsRenamed`.
pub mod with_columns_renamed {
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Rename {
        #[prost(string, tag = "1")]
        pub col_name: ::prost::alloc::string::String,
        #[prost(string, tag = "2")]
        pub new_col_name: ::prost::alloc::string::String,
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct WithColumns {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, repeated, tag = "2")]
    pub aliases: ::prost::alloc::vec::Vec<expression::Alias>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Hint {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(string, tag = "2")]
    pub name: ::prost::alloc::string::String,
    #[prost(message, repeated, tag = "3")]
    pub parameters: ::prost::alloc::vec::Vec<Expression>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Unpivot {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, repeated, tag = "2")]
    pub ids: ::prost::alloc::vec::Vec<Expression>,
    #[prost(message, optional, tag = "3")]
    pub values: ::core::option::Option<unpivot::Values>,
    #[prost(string, tag = "4")]
    pub variable_column_name: ::prost::alloc::string::String,
    #[prost(string, tag = "5")]
    pub value_column_name: ::prost::alloc::string::String,
}
/// Nested message and enum types in `Unpivot`.
pub mod unpivot {
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Values {
        #[prost(message, repeated, tag = "1")]
        pub values: ::prost::alloc::vec::Vec<super::Expression>,
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Transpose {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, repeated, tag = "2")]
    pub index_columns: ::prost::alloc::vec::Vec<Expression>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct UnresolvedTableValuedFunction {
    #[prost(string, tag = "1")]
    pub function_name: ::prost::alloc::string::String,
    #[prost(message, repeated, tag = "2")]
    pub arguments: ::prost::alloc::vec::Vec<Expression>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ToSchema {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, optional, tag = "2")]
    pub schema: ::core::option::Option<DataType>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct RepartitionByExpression {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, repeated, tag = "2")]
    pub partition_exprs: ::prost::alloc::vec::Vec<Expression>,
    #[prost(int32, optional, tag = "3")]
    pub num_partitions: ::core::option::Option<i32>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct MapPartitions {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, optional, tag = "2")]
    pub func: ::core::option::Option<CommonInlineUserDefinedFunction>,
    #[prost(bool, optional, tag = "3")]
    pub is_barrier: ::core::option::Option<bool>,
    #[prost(int32, optional, tag = "4")]
    pub profile_id: ::core::option::Option<i32>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct GroupMap {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, repeated, tag = "2")]
    pub grouping_expressions: ::prost::alloc::vec::Vec<Expression>,
    #[prost(message, optional, tag = "3")]
    pub func: ::core::option::Option<CommonInlineUserDefinedFunction>,
    #[prost(message, repeated, tag = "4")]
    pub sorting_expressions: ::prost::alloc::vec::Vec<Expression>,
    #[prost(message, optional, boxed, tag = "5")]
    pub initial_input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, repeated, tag = "6")]
    pub initial_grouping_expressions: ::prost::alloc::vec::Vec<Expression>,
    #[prost(bool, optional, tag = "7")]
    pub is_map_groups_with_state: ::core::option::Option<bool>,
    #[prost(string, optional, tag = "8")]
    pub output_mode: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(string, optional, tag = "9")]
    pub timeout_conf: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(message, optional, tag = "10")]
    pub state_schema: ::core::option::Option<DataType>,
    #[prost(message, optional, tag = "11")]
    pub transform_with_state_info: ::core::option::Option<TransformWithStateInfo>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct CoGroupMap {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, repeated, tag = "2")]
    pub input_grouping_expressions: ::prost::alloc::vec::Vec<Expression>,
    #[prost(message, optional, boxed, tag = "3")]
    pub other: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, repeated, tag = "4")]
    pub other_grouping_expressions: ::prost::alloc::vec::Vec<Expression>,
    #[prost(message, optional, tag = "5")]
    pub func: ::core::option::Option<CommonInlineUserDefinedFunction>,
    #[prost(message, repeated, tag = "6")]
    pub input_sorting_expressions: ::prost::alloc::vec::Vec<Expression>,
    #[prost(message, repeated, tag = "7")]
    pub other_sorting_expressions: ::prost::alloc::vec::Vec<Expression>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct CollectMetrics {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(string, tag = "2")]
    pub name: ::prost::alloc::string::String,
    #[prost(message, repeated, tag = "3")]
    pub metrics: ::prost::alloc::vec::Vec<Expression>,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Parse {
    #[prost(message, optional, boxed, tag = "1")]
    pub input: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(enumeration = "parse::ParseFormat", tag = "2")]
    pub format: i32,
    #[prost(message, optional, tag = "3")]
    pub schema: ::core::option::Option<DataType>,
    #[prost(map = "string, string", tag = "4")]
    pub options: ::std::collections::HashMap<::prost::alloc::string::String, ::prost::alloc::string::String>,
}
/// Nested message and enum types in `Parse`.
pub mod parse {
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
    #[repr(i32)]
    pub enum ParseFormat {
        Unspecified = 0,
        Csv = 1,
        Json = 2,
        Xml = 3,
    }
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct AsOfJoin {
    #[prost(message, optional, boxed, tag = "1")]
    pub left: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, optional, boxed, tag = "2")]
    pub right: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, optional, tag = "3")]
    pub left_as_of: ::core::option::Option<Expression>,
    #[prost(message, optional, tag = "4")]
    pub right_as_of: ::core::option::Option<Expression>,
    #[prost(message, optional, tag = "5")]
    pub join_expr: ::core::option::Option<Expression>,
    #[prost(string, repeated, tag = "6")]
    pub using_columns: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(string, tag = "7")]
    pub join_type: ::prost::alloc::string::String,
    #[prost(message, optional, tag = "8")]
    pub tolerance: ::core::option::Option<Expression>,
    #[prost(bool, tag = "9")]
    pub allow_exact_matches: bool,
    #[prost(string, tag = "10")]
    pub direction: ::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct LateralJoin {
    #[prost(message, optional, boxed, tag = "1")]
    pub left: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, optional, boxed, tag = "2")]
    pub right: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, optional, tag = "3")]
    pub join_condition: ::core::option::Option<Expression>,
    #[prost(enumeration = "join::JoinType", tag = "4")]
    pub join_type: i32,
}
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct NearestByJoin {
    #[prost(message, optional, boxed, tag = "1")]
    pub left: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, optional, boxed, tag = "2")]
    pub right: ::core::option::Option<::prost::alloc::boxed::Box<Relation>>,
    #[prost(message, optional, tag = "3")]
    pub ranking_expression: ::core::option::Option<Expression>,
    #[prost(int32, tag = "4")]
    pub num_results: i32,
    #[prost(string, tag = "5")]
    pub join_type: ::prost::alloc::string::String,
    #[prost(string, tag = "6")]
    pub mode: ::prost::alloc::string::String,
    #[prost(string, tag = "7")]
    pub direction: ::prost::alloc::string::String,
}
