//! The Spark types of an Arrow stream's columns.

use std::io::Cursor;

use arrow_ipc::reader::StreamReader;
use arrow_schema::{DataType, TimeUnit};

use super::error::{SqlError, SqlResult};
use super::types::{Field, Type};

/// The columns of a stream of Arrow's.
pub fn stream_schema(data: &[u8]) -> SqlResult<Vec<Field>> {
    let reader = StreamReader::try_new(Cursor::new(data), None).map_err(|_| SqlError::malformed("local rows"))?;
    reader.schema().fields().iter().map(|field| field_of(field)).collect()
}

fn field_of(field: &arrow_schema::Field) -> SqlResult<Field> {
    Ok(Field::new(field.name(), type_of(field.data_type())?, field.is_nullable()))
}

/// The Spark type of a type of Arrow's.
pub fn type_of(ty: &DataType) -> SqlResult<Type> {
    Ok(match ty {
        DataType::Null => Type::Null,
        DataType::Boolean => Type::Boolean,
        DataType::Int8 => Type::Byte,
        DataType::Int16 | DataType::UInt8 => Type::Short,
        DataType::Int32 | DataType::UInt16 => Type::Int,
        DataType::Int64 | DataType::UInt32 => Type::Long,
        DataType::Float32 => Type::Float,
        DataType::Float64 => Type::Double,
        DataType::Decimal128(precision, scale) => Type::Decimal(*precision, *scale),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Type::String,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => Type::Binary,
        DataType::Date32 => Type::Date,
        DataType::Timestamp(_, Some(_)) => Type::Timestamp,
        DataType::Timestamp(_, None) => Type::TimestampNtz,
        DataType::Duration(TimeUnit::Microsecond) => Type::DayTime(0, 3),
        DataType::List(element) | DataType::LargeList(element) => {
            Type::Array(Box::new(type_of(element.data_type())?), element.is_nullable())
        }
        DataType::Struct(fields) => Type::Struct(fields.iter().map(|field| field_of(field)).collect::<SqlResult<_>>()?),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(pair) if pair.len() == 2 => Type::Map(
                Box::new(type_of(pair[0].data_type())?),
                Box::new(type_of(pair[1].data_type())?),
                pair[1].is_nullable(),
            ),
            _ => return Err(SqlError::declined("This map of Arrow's")),
        },
        other => return Err(SqlError::declined(&format!("Arrow's type {other}"))),
    })
}
