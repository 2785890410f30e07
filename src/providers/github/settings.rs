//! Settings of a daemon that an input holds, as far as their names go.

use serde_json::{Map, Value};

use crate::rules::Format;

/// The whole names of all settings in a text (`worker.oci.max-parallelism`); `None` if they cannot be told.
pub(crate) fn names(text: &str, format: Format) -> Option<Vec<String>> {
    let value: Map<String, Value> = match format {
        Format::Json => serde_json::from_str(text).ok()?,
        Format::Toml => basic_toml::from_str(text).ok()?,
    };
    let mut found = Vec::new();
    leaves(&Value::Object(value), String::new(), &mut found);
    Some(found)
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
        assert_eq!(
            names_of(
                "registry.\"docker.io\".mirrors = ['a']\n[[x]]\ny = 1",
                Format::Toml
            ),
            wanted(&["registry.docker.io.mirrors", "x"])
        );
        for other in ["a", "a = b", "a = 1\na = 2", "${{ inputs.settings }}"] {
            assert_eq!(names_of(other, Format::Toml), None, "{other}");
        }
    }
}
