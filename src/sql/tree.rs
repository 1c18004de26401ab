//! `printSchema`'s text.

use super::types::Type;

/// The tree of a struct's fields, so many levels of it.
pub fn tree(ty: &Type, level: Option<usize>) -> String {
    let mut text = String::from("root\n");
    inside(ty, " |", level.unwrap_or(usize::MAX), &mut text);
    text
}

fn inside(ty: &Type, prefix: &str, left: usize, text: &mut String) {
    if left == 0 {
        return;
    }
    let deeper = format!("{prefix}    |");
    let mut line = |name: &str, ty: &Type, flag: &str, nulls: bool| {
        text.push_str(&format!("{prefix}-- {name}: {} ({flag} = {nulls})\n", ty.json_name()));
        inside(ty, &deeper, left - 1, text);
    };
    match ty {
        Type::Struct(fields) => {
            for field in fields {
                line(&field.name, &field.ty, "nullable", field.nullable);
            }
        }
        Type::Array(element, nulls) => line("element", element, "containsNull", *nulls),
        Type::Map(key, value, nulls) => {
            // A key is never null, and Spark says only its type.
            text.push_str(&format!("{prefix}-- key: {}\n", key.json_name()));
            inside(key, &deeper, left - 1, text);
            text.push_str(&format!("{prefix}-- value: {} (valueContainsNull = {nulls})\n", value.json_name()));
            inside(value, &deeper, left - 1, text);
        }
        _ => {}
    }
}
