//! The long forms of `--network` and `--publish`, which only Docker reads.
//! Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1 beside Docker 26.1.

use std::ops::Range;

use crate::analysis::{DockerCall, Flag};
use crate::rewrite::draft::Draft;
use crate::rules::ids;

/// `--network name=n1,alias=api` becomes `--network n1:alias=api`. `false`: Podman has nothing for one of its parts.
pub(super) fn network(docker: &DockerCall<'_>, flag: &Flag<'_>, draft: &mut Draft) -> bool {
    let Some((value, range)) = within_quotes(docker, flag) else {
        return true;
    };
    let Some(fields) = fields(value).filter(|fields| fields.iter().any(|(key, _)| *key == "name"))
    else {
        return true;
    };
    let Some(short) = short_network(&fields) else {
        return false;
    };
    write(docker, flag, range, short, draft);
    true
}

fn short_network(fields: &[(&str, &str)]) -> Option<String> {
    let mut name = "";
    let mut options: Vec<String> = Vec::new();
    for (key, value) in fields {
        match *key {
            "name" => name = value,
            "alias" | "ip" | "ip6" => options.push(format!("{key}={value}")),
            "mac-address" => options.push(format!("mac={value}")),
            _ => return None,
        }
    }
    match options.is_empty() {
        true => Some(name.to_owned()),
        false => Some(format!("{name}:{}", options.join(","))),
    }
}

/// `--publish published=8080,target=80` becomes `--publish 8080:80`. `false`: Podman has nothing for one of its parts.
pub(super) fn publish(docker: &DockerCall<'_>, flag: &Flag<'_>, draft: &mut Draft) -> bool {
    let Some((value, range)) = within_quotes(docker, flag) else {
        return true;
    };
    if !is_long_port(value) {
        return true;
    }
    let Some(short) = short_port(value) else {
        return false;
    };
    write(docker, flag, range, short, draft);
    true
}

fn is_long_port(value: &str) -> bool {
    value.starts_with("target=") || value.contains(",target=")
}

/// The short form of a port: `8080:80/udp` for `published=8080,target=80,protocol=udp`.
pub(super) fn short_port(value: &str) -> Option<String> {
    let (mut published, mut target, mut protocol) = ("", "", "");
    for (key, value) in fields(value)? {
        match key {
            "published" => published = value,
            "target" => target = value,
            "protocol" => protocol = value,
            "mode" if value == "host" || value == "ingress" => {}
            _ => return None,
        }
    }
    let mut short = String::new();
    if !published.is_empty() {
        short.push_str(published);
        short.push(':');
    }
    short.push_str(target);
    if !protocol.is_empty() {
        short.push('/');
        short.push_str(protocol);
    }
    (!target.is_empty()).then_some(short)
}

/// `a=b,c=d`; nothing if a part has no key.
fn fields(value: &str) -> Option<Vec<(&str, &str)>> {
    value
        .split(',')
        .map(|field| field.split_once('='))
        .collect()
}

/// A flag's value as it is written, without its quotes, and where that is.
fn within_quotes<'d>(docker: &DockerCall<'d>, flag: &Flag<'_>) -> Option<(&'d str, Range<usize>)> {
    let (raw, range) = (docker.raw_value(flag)?, flag.value.clone()?);
    let inner = raw.trim_start_matches(['"', '\'']);
    let start = range.start + raw.len() - inner.len();
    let inner = inner.trim_end_matches(['"', '\'']);
    Some((inner, start..start + inner.len()))
}

fn write(
    docker: &DockerCall<'_>,
    flag: &Flag<'_>,
    range: Range<usize>,
    short: String,
    draft: &mut Draft,
) {
    let message = format!(
        "{} in Docker's long form becomes {short}, which Podman reads",
        flag.rule.name
    );
    let why = draft.note(ids::LONG_FORM, docker.at_words(&flag.words), message);
    docker.replace(range, short, draft, why);
}

#[cfg(test)]
mod tests {
    use super::{fields, short_network, short_port};

    #[test]
    fn long_forms_become_short_ones() {
        for (long, short) in [
            ("name=web", Some("web")),
            ("name=web,alias=api,alias=b", Some("web:alias=api,alias=b")),
            ("alias=api,name=$NET", Some("$NET:alias=api")),
            (
                "name=web,ip=10.1.0.2,mac-address=92:d0:c6:0a:29:33",
                Some("web:ip=10.1.0.2,mac=92:d0:c6:0a:29:33"),
            ),
            ("name=web,driver-opt=x=y", None),
        ] {
            let found = fields(long).and_then(|fields| short_network(&fields));
            assert_eq!(found.as_deref(), short, "{long}");
        }
        for (long, short) in [
            ("published=8080,target=80", Some("8080:80")),
            ("target=80", Some("80")),
            (
                "target=53,published=5353,protocol=udp,mode=host",
                Some("5353:53/udp"),
            ),
            ("target=80,name=web", None),
            ("published=80", None),
        ] {
            assert_eq!(short_port(long).as_deref(), short, "{long}");
        }
    }
}
