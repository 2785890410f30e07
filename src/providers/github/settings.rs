//! Settings of a daemon that an input holds, as far as their names go.

use serde_json::Value;

use crate::rules::Format;

/// The whole names of all settings in a text (`worker.oci.max-parallelism`); `None` if they cannot be told.
pub(crate) fn names(text: &str, format: Format) -> Option<Vec<String>> {
    match format {
        Format::Json => {
            let value: Value = serde_json::from_str(text).ok()?;
            let mut found = Vec::new();
            leaves(
                value.as_object().map(|_| &value)?,
                String::new(),
                &mut found,
            );
            Some(found)
        }
        Format::Toml => in_toml(text),
    }
}

/// The names of what is no object itself; an empty object is a setting, too.
fn leaves(value: &Value, name: String, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) if name.is_empty() || !entries.is_empty() => {
            for (key, value) in entries {
                let name = match name.as_str() {
                    "" => key.clone(),
                    name => format!("{name}.{key}"),
                };
                leaves(value, name, found);
            }
        }
        _ => found.push(name),
    }
}

/// TOML as settings are written by hand: tables, and one value a line. `None` for anything else.
fn in_toml(text: &str) -> Option<Vec<String>> {
    let is_name = |name: &str| {
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        name.split('.')
            .all(|part| !part.is_empty() && part.bytes().all(letters))
    };
    let mut table = "";
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            table = Some(name.trim()).filter(|name| is_name(name))?;
            continue;
        }
        let (name, value) = line.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        let one_word = value.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_name(name) || value.is_empty() || !one_word {
            return None;
        }
        found.push(match table {
            "" => name.to_owned(),
            table => format!("{table}.{name}"),
        });
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_names_of_settings() {
        let json = r#"{"debug": true, "features": {"a": true, "b": {}}, "list": [{"x": 1}]}"#;
        let names_of = |text: &str, format| names(text, format);
        let wanted = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(
            names_of(json, Format::Json),
            wanted(&["debug", "features.a", "features.b", "list"])
        );
        assert_eq!(names_of("[1]", Format::Json), None);
        assert_eq!(names_of("debug: true", Format::Json), None);
        assert_eq!(
            names_of(
                "debug = true\n# note\n[worker.oci]\n  max-parallelism = 2\n",
                Format::Toml
            ),
            wanted(&["debug", "worker.oci.max-parallelism"])
        );
        for other in [
            "[registry.\"docker.io\"]",
            "a = [\n1]",
            "[[x]]",
            "a",
            "a = 'b'",
        ] {
            assert_eq!(names_of(other, Format::Toml), None, "{other}");
        }
    }
}
