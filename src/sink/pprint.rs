//! The text of `pprint`, byte for byte as `PySpark` prints it.

const RULE: &str = "-------------------------------------------";

/// One batch: rule, time, rule, the first `num` of `rows` a line, `...` if there are more, an empty line.
pub fn pprint_text(time: &str, rows: &[impl AsRef<str>], num: usize) -> String {
    let shown = &rows[..num.min(rows.len())];
    let size = shown.iter().map(|r| r.as_ref().len() + 1).sum::<usize>() + 2 * RULE.len() + time.len() + 16;
    let mut text = String::with_capacity(size);
    for line in [RULE, "Time: ", time, RULE] {
        text.push_str(line);
        if line != "Time: " {
            text.push('\n');
        }
    }
    for row in shown {
        text.push_str(row.as_ref());
        text.push('\n');
    }
    if rows.len() > num {
        text.push_str("...\n");
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_rows_dots_and_blank() {
        let text = pprint_text("1970-01-01 00:00:01", &["1", "2", "3"], 2);
        assert_eq!(text, format!("{RULE}\nTime: 1970-01-01 00:00:01\n{RULE}\n1\n2\n...\n\n"));
        assert_eq!(RULE.len(), 43);
    }

    #[test]
    fn nothing_and_zero() {
        let header = format!("{RULE}\nTime: t\n{RULE}\n");
        assert_eq!(pprint_text("t", &[] as &[&str], 10), format!("{header}\n"));
        assert_eq!(pprint_text("t", &["x"], 0), format!("{header}...\n\n"));
    }
}
