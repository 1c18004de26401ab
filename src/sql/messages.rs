//! Types to and from the protocol's messages and JSON.

use super::ddl;
use super::error::{SqlError, SqlResult};
use super::proto::DataType;
use super::proto::data_type::{self, Kind};
use super::types::{Field, Type};

/// The type that a message means.
pub fn from_message(message: &DataType) -> SqlResult<Type> {
    let kind = message.kind.as_ref().ok_or_else(|| SqlError::malformed("a type"))?;
    Ok(match kind {
        Kind::Null(_) => Type::Null,
        Kind::Binary(_) => Type::Binary,
        Kind::Boolean(_) => Type::Boolean,
        Kind::Byte(_) => Type::Byte,
        Kind::Short(_) => Type::Short,
        Kind::Integer(_) => Type::Int,
        Kind::Long(_) => Type::Long,
        Kind::Float(_) => Type::Float,
        Kind::Double(_) => Type::Double,
        Kind::Decimal(decimal) => {
            Type::Decimal(decimal.precision.unwrap_or(10) as u8, decimal.scale.unwrap_or(0) as i8)
        }
        Kind::String(string) if !matches!(string.collation.as_str(), "" | "UTF8_BINARY") => {
            return Err(SqlError::declined(&format!("The collation {}", string.collation)));
        }
        Kind::String(_) => Type::String,
        Kind::Char(_) | Kind::VarChar(_) => return Err(SqlError::declined("The type CHAR or VARCHAR")),
        Kind::Date(_) => Type::Date,
        Kind::Timestamp(_) => Type::Timestamp,
        Kind::TimestampNtz(_) => Type::TimestampNtz,
        Kind::CalendarInterval(_) => return Err(SqlError::declined("The type CALENDAR INTERVAL")),
        Kind::YearMonthInterval(interval) => {
            Type::YearMonth(interval.start_field.unwrap_or(0) as u8, interval.end_field.unwrap_or(1) as u8)
        }
        Kind::DayTimeInterval(interval) => {
            Type::DayTime(interval.start_field.unwrap_or(0) as u8, interval.end_field.unwrap_or(3) as u8)
        }
        Kind::Array(array) => Type::Array(Box::new(inner(array.element_type.as_deref())?), array.contains_null),
        Kind::Map(map) => Type::Map(
            Box::new(inner(map.key_type.as_deref())?),
            Box::new(inner(map.value_type.as_deref())?),
            map.value_contains_null,
        ),
        Kind::Struct(fields) => Type::Struct(fields.fields.iter().map(field_from).collect::<SqlResult<_>>()?),
        Kind::Udt(udt) => {
            let json = serde_json::json!({
                "type": "udt", "class": udt.jvm_class.clone(), "pyClass": udt.python_class.clone(),
                "serializedClass": udt.serialized_python_class.clone(),
                "sqlType": serde_json::from_str::<serde_json::Value>(&inner(udt.sql_type.as_deref())?.json())
                    .unwrap_or(serde_json::Value::Null),
            });
            Type::Udt(json.to_string(), Box::new(inner(udt.sql_type.as_deref())?))
        }
        Kind::Unparsed(text) => ddl::read_type(&text.data_type_string)?,
        Kind::Variant(_) => return Err(SqlError::declined("The type VARIANT")),
        Kind::Time(_) => return Err(SqlError::declined("The type TIME")),
        Kind::Geometry(_) | Kind::Geography(_) => return Err(SqlError::declined("The type GEOMETRY")),
    })
}

fn inner(message: Option<&DataType>) -> SqlResult<Type> {
    from_message(message.ok_or_else(|| SqlError::malformed("an inner type"))?)
}

fn field_from(field: &data_type::StructField) -> SqlResult<Field> {
    Ok(Field {
        name: field.name.clone(),
        ty: inner(field.data_type.as_ref())?,
        nullable: field.nullable,
        metadata: field.metadata.clone().filter(|metadata| metadata != "{}").unwrap_or_default(),
    })
}

/// The message of a type.
pub fn to_message(ty: &Type) -> DataType {
    let kind = match ty {
        Type::Null => Kind::Null(data_type::Null::default()),
        Type::Boolean => Kind::Boolean(data_type::Boolean::default()),
        Type::Byte => Kind::Byte(data_type::Byte::default()),
        Type::Short => Kind::Short(data_type::Short::default()),
        Type::Int => Kind::Integer(data_type::Integer::default()),
        Type::Long => Kind::Long(data_type::Long::default()),
        Type::Float => Kind::Float(data_type::Float::default()),
        Type::Double => Kind::Double(data_type::Double::default()),
        Type::Decimal(precision, scale) => Kind::Decimal(data_type::Decimal {
            precision: Some(i32::from(*precision)),
            scale: Some(i32::from(*scale)),
            ..Default::default()
        }),
        Type::String => Kind::String(data_type::String { collation: "UTF8_BINARY".to_owned(), ..Default::default() }),
        Type::Binary => Kind::Binary(data_type::Binary::default()),
        Type::Date => Kind::Date(data_type::Date::default()),
        Type::Timestamp => Kind::Timestamp(data_type::Timestamp::default()),
        Type::TimestampNtz => Kind::TimestampNtz(data_type::TimestampNtz::default()),
        Type::DayTime(from, to) => Kind::DayTimeInterval(data_type::DayTimeInterval {
            start_field: Some(i32::from(*from)),
            end_field: Some(i32::from(*to)),
            ..Default::default()
        }),
        Type::YearMonth(from, to) => Kind::YearMonthInterval(data_type::YearMonthInterval {
            start_field: Some(i32::from(*from)),
            end_field: Some(i32::from(*to)),
            ..Default::default()
        }),
        Type::Array(element, nulls) => Kind::Array(Box::new(data_type::Array {
            element_type: Some(Box::new(to_message(element))),
            contains_null: *nulls,
            ..Default::default()
        })),
        Type::Map(key, value, nulls) => Kind::Map(Box::new(data_type::Map {
            key_type: Some(Box::new(to_message(key))),
            value_type: Some(Box::new(to_message(value))),
            value_contains_null: *nulls,
            ..Default::default()
        })),
        Type::Struct(fields) => Kind::Struct(data_type::Struct {
            fields: fields
                .iter()
                .map(|field| data_type::StructField {
                    name: field.name.clone(),
                    data_type: Some(to_message(&field.ty)),
                    nullable: field.nullable,
                    metadata: Some(field.metadata.clone()).filter(|metadata| !metadata.is_empty()),
                })
                .collect(),
            ..Default::default()
        }),
        Type::Udt(json, ty) => {
            let json: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
            let text = |name: &str| json.get(name).and_then(|value| value.as_str()).map(str::to_owned);
            Kind::Udt(Box::new(data_type::Udt {
                r#type: "udt".to_owned(),
                jvm_class: text("class"),
                python_class: text("pyClass"),
                serialized_python_class: text("serializedClass"),
                sql_type: Some(Box::new(to_message(ty))),
            }))
        }
    };
    DataType { kind: Some(kind) }
}

/// The type that JSON means, as `StructType.json()` writes it.
pub fn from_json(text: &str) -> SqlResult<Type> {
    let value = serde_json::from_str(text).map_err(|error| SqlError::parse(&error.to_string()))?;
    from_value(&value)
}

fn from_value(value: &serde_json::Value) -> SqlResult<Type> {
    let wrong = || SqlError::parse(&format!("`{value}` is no type"));
    if let Some(name) = value.as_str() {
        return ddl::read_type(match name {
            "integer" => "int",
            "long" => "bigint",
            "null" => "void",
            _ => name,
        });
    }
    let part = |name: &str| value.get(name).ok_or_else(wrong);
    let flag = |name: &str| value.get(name).and_then(serde_json::Value::as_bool).unwrap_or(true);
    match part("type")?.as_str() {
        Some("array") => Ok(Type::Array(Box::new(from_value(part("elementType")?)?), flag("containsNull"))),
        Some("map") => Ok(Type::Map(
            Box::new(from_value(part("keyType")?)?),
            Box::new(from_value(part("valueType")?)?),
            flag("valueContainsNull"),
        )),
        Some("struct") => {
            let fields = part("fields")?.as_array().ok_or_else(wrong)?;
            let fields = fields.iter().map(|field| {
                let metadata = field.get("metadata").filter(|data| data.as_object().is_some_and(|map| !map.is_empty()));
                Ok(Field {
                    name: field.get("name").and_then(|name| name.as_str()).ok_or_else(wrong)?.to_owned(),
                    ty: from_value(field.get("type").ok_or_else(wrong)?)?,
                    nullable: field.get("nullable").and_then(serde_json::Value::as_bool).unwrap_or(true),
                    metadata: metadata.map(ToString::to_string).unwrap_or_default(),
                })
            });
            Ok(Type::Struct(fields.collect::<SqlResult<_>>()?))
        }
        Some("udt") => Ok(Type::Udt(value.to_string(), Box::new(from_value(part("sqlType")?)?))),
        _ => Err(wrong()),
    }
}
