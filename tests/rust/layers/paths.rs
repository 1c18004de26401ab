//! The paths that a source file names, read as tokens.

/// Every path that starts with `crate` or `super`, in `use` trees and elsewhere, from the crate's root on.
pub fn absolute(module: &[String], tokens: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    // Modules written inside the file, each with the brace depth at which it ends: `super` in them leads here.
    let mut inline: Vec<usize> = Vec::new();
    let mut depth = 0;
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at].as_str() {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                inline.retain(|opened| *opened < depth + 1);
            }
            "mod" if tokens.get(at + 2).is_some_and(|token| token == "{") => inline.push(depth + 1),
            word @ ("crate" | "super")
                if tokens.get(at + 1).is_some_and(|token| token == "::") && starts(tokens, at) =>
            {
                let mut up = usize::from(word == "super");
                let mut next = at + 2;
                while word == "super" && tokens[next] == "super" {
                    up += 1;
                    next += 2;
                }
                let mut base: Vec<String> = Vec::new();
                if word == "super" {
                    base.extend_from_slice(module);
                    base.extend(inline.iter().map(|_| "(inline)".to_owned()));
                    base.truncate(base.len().saturating_sub(up));
                }
                for (path, _) in tree(&tokens[next..]) {
                    found.push(base.iter().cloned().chain(path).collect());
                }
                at = next;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// What `use` declarations bring in: the path as it is written, and the name it has from then on.
pub fn uses(tokens: &[String]) -> Vec<(Vec<String>, String)> {
    let starts = tokens.iter().enumerate().filter(|(_, token)| *token == "use");
    starts.flat_map(|(at, _)| tree(&tokens[at + 1..])).collect()
}

/// `pub(crate)` and `$crate::` are no imports; neither is a `super` in the middle of a path.
fn starts(tokens: &[String], at: usize) -> bool {
    at == 0 || !matches!(tokens[at - 1].as_str(), "::" | "$")
}

/// `a::b as c` and `a::d` of `a::{b as c, d}`: paths, each with the name it gets.
fn tree(tokens: &[String]) -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    read_tree(tokens, 0, &mut Vec::new(), &mut found);
    found
}

/// Reads one branch from `at` on; says where it ends.
fn read_tree(
    tokens: &[String],
    mut at: usize,
    path: &mut Vec<String>,
    found: &mut Vec<(Vec<String>, String)>,
) -> usize {
    let depth = path.len();
    loop {
        match tokens.get(at).map(String::as_str) {
            Some("{") => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token != "}") {
                    let before = at;
                    at = read_tree(tokens, at, path, found);
                    at += usize::from(tokens.get(at).is_some_and(|token| token == ",") || at == before);
                }
                at += 1;
                break;
            }
            Some(word) => path.push(word.to_owned()),
            None => break,
        }
        at += 1;
        if tokens.get(at).is_some_and(|token| token == "::") {
            at += 1;
            continue;
        }
        let mut name = path.last().cloned().unwrap_or_default();
        if name == "self" {
            path.pop();
            name = path.last().cloned().unwrap_or_default();
        }
        if tokens.get(at).is_some_and(|token| token == "as") {
            name = tokens.get(at + 1).cloned().unwrap_or_default();
            at += 2;
        }
        found.push((path.clone(), name));
        break;
    }
    path.truncate(depth);
    at
}

/// Words, `::` and single signs; comments, strings and characters are left out.
pub fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        at += match rest {
            ['/', '/', ..] => until(rest, &['\n']),
            ['/', '*', ..] => block_comment(rest),
            ['r', '"', ..] | ['r', '#', '"' | '#', ..] => raw_string(rest),
            ['"', ..] => quoted(rest),
            ['\'', '\\', ..] => 3 + until(&rest[3..], &['\'']) + 1,
            ['\'', _, '\'', ..] => 3,
            [':', ':', ..] => {
                tokens.push("::".to_owned());
                2
            }
            [first, ..] if first.is_alphanumeric() || *first == '_' => {
                let word: String = rest.iter().take_while(|c| c.is_alphanumeric() || **c == '_').collect();
                let length = word.chars().count();
                tokens.push(word);
                length
            }
            [first, ..] => {
                if !first.is_whitespace() {
                    tokens.push(first.to_string());
                }
                1
            }
            [] => 1,
        };
    }
    tokens
}

fn until(chars: &[char], end: &[char]) -> usize {
    chars.windows(end.len()).position(|window| window == end).unwrap_or(chars.len())
}

fn block_comment(chars: &[char]) -> usize {
    until(chars, &['*', '/']) + 2
}

fn quoted(chars: &[char]) -> usize {
    let mut at = 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn raw_string(chars: &[char]) -> usize {
    let hashes = chars[1..].iter().take_while(|c| **c == '#').count();
    let mut end = vec!['"'];
    end.extend(std::iter::repeat_n('#', hashes));
    let start = hashes + 2;
    // `r#type` is a word, not a string.
    if chars.get(hashes + 1) == Some(&'"') { start + until(&chars[start..], &end) + end.len() } else { 1 }
}
