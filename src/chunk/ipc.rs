//! Columns as bytes, one Arrow IPC stream each: for another process, or for a file of our own. Compact the columns
//! before: a view array takes all the buffers it points into along.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_buffer::Buffer;
use arrow_ipc::CompressionType;
use arrow_ipc::reader::{StreamDecoder, StreamReader};
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_schema::{ArrowError, Schema};

use super::{Columns, Type};

/// Appends the rows to `bytes`, as an Arrow IPC stream of one column.
pub fn encode(columns: &Columns, bytes: Vec<u8>) -> Result<Vec<u8>, ArrowError> {
    write(columns, bytes, IpcWriteOptions::default())
}

/// The rows of a stream that `encode` made, perhaps in another process.
pub fn decode(bytes: &[u8]) -> Result<Columns, ArrowError> {
    let mut reader = StreamReader::try_new(bytes, None)?;
    let kind = kind_of(&reader.schema())?;
    column(&reader.next().ok_or_else(strange)??, kind)
}

/// The rows for a file that this process reads again; with `compress` made smaller by LZ4.
pub fn pack(columns: &Columns, compress: bool) -> Result<Vec<u8>, ArrowError> {
    let compression = compress.then_some(CompressionType::LZ4_FRAME);
    write(columns, Vec::new(), IpcWriteOptions::default().try_with_compression(compression)?)
}

/// The rows of `pack`. They keep the bytes and aren't copied, where they were not compressed.
///
/// # Safety
/// `pack` made exactly these bytes, in a program of this version: nothing is checked again.
pub unsafe fn unpack(bytes: Vec<u8>) -> Result<Columns, ArrowError> {
    let mut bytes = Buffer::from_vec(bytes);
    // SAFETY: the caller's promise: the arrays were valid when they were written.
    let mut decoder = unsafe { StreamDecoder::new().with_skip_validation(true) };
    let batch = decoder.decode(&mut bytes)?.ok_or_else(strange)?;
    let kind = kind_of(&batch.schema())?;
    column(&batch, kind)
}

fn write(columns: &Columns, mut bytes: Vec<u8>, how: IpcWriteOptions) -> Result<Vec<u8>, ArrowError> {
    let schema = Arc::new(Schema::new(vec![columns.kind().field("rows")]));
    let options = RecordBatchOptions::new().with_row_count(Some(columns.len()));
    let batch = RecordBatch::try_new_with_options(schema.clone(), vec![columns.array().clone()], &options)?;
    bytes.reserve(columns.weight() + 1024);
    let mut writer = StreamWriter::try_new_with_options(bytes, &schema, how)?;
    writer.write(&batch)?;
    writer.into_inner()
}

fn kind_of(schema: &Schema) -> Result<Type, ArrowError> {
    Type::of(schema.fields().first().ok_or_else(strange)?).ok_or_else(strange)
}

fn column(batch: &RecordBatch, kind: Type) -> Result<Columns, ArrowError> {
    Ok(Columns::new(batch.columns().first().ok_or_else(strange)?.clone(), kind))
}

fn strange() -> ArrowError {
    ArrowError::IpcError("not a stream of rows".to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails loudly")]
mod tests {
    use arrow_array::{
        ArrayRef, BinaryViewArray, BooleanArray, Float64Array, Int64Array, ListArray, NullArray, StringViewArray,
    };
    use arrow_buffer::OffsetBuffer;

    use super::*;

    fn returns(columns: &Columns) {
        let back = decode(&encode(columns, Vec::new()).unwrap()).unwrap();
        assert_eq!(back.kind(), columns.kind());
        assert_eq!(back.len(), columns.len());
        assert_eq!(back.array(), columns.array());
        for small in [false, true] {
            // SAFETY: packed just now.
            let back = unsafe { unpack(pack(columns, small).unwrap()) }.unwrap();
            assert_eq!((back.kind(), back.array()), (columns.kind(), columns.array()));
        }
    }

    fn column(array: impl arrow_array::Array + 'static, kind: Type) -> Columns {
        Columns::new(Arc::new(array) as ArrayRef, kind)
    }

    #[test]
    fn every_type_comes_back() {
        let long = "longer than the twelve bytes of a view";
        let texts = column(StringViewArray::from(vec!["", "a", long]), Type::Str);
        let numbers = column(Int64Array::from(vec![i64::MIN, 0, i64::MAX]), Type::Int);
        let maybe =
            column(Float64Array::from(vec![Some(-0.0), None, Some(1.5)]), Type::Optional(Box::new(Type::Float)));
        let bytes = column(BinaryViewArray::from(vec![&b"\xff"[..], long.as_bytes(), b""]), Type::Bytes);
        let flags = column(BooleanArray::from(vec![true, false, true]), Type::Bool);
        let none = column(NullArray::new(3), Type::Null);
        let item = Arc::new(Type::Str.field("item"));
        let offsets = OffsetBuffer::from_lengths([1, 0, 2]);
        let lists = ListArray::new(item, offsets, texts.array().clone(), None);
        let lists = column(lists, Type::List(Box::new(Type::Str)));
        let nested = Columns::tuple(vec![texts.clone(), Columns::tuple(vec![numbers.clone(), maybe.clone()], 3)], 3);
        let groups = lists.list_as_group().unwrap();
        assert_eq!(groups.group_as_list().unwrap().array(), lists.array());
        for columns in [&texts, &numbers, &maybe, &bytes, &flags, &none, &lists, &groups, &nested] {
            returns(columns);
            returns(&columns.slice(1, 2));
            returns(&columns.slice(0, 0));
        }
        returns(&Columns::tuple(Vec::new(), 5));
    }
}
