//! What a service of compose asks for that Podman has not without root.

use crate::compose::Value;
use crate::rewrite::{LOWEST_PORT, host_port, is_root};
use crate::rules::ids;

use super::check::JobCheck;
use super::locations::ProjectLocations;

/// Looks at a service that the job starts.
pub(super) fn run(check: &mut JobCheck<'_>, service: &Value, locations: &ProjectLocations<'_>) {
    let ports = service.value("ports").map(Value::items);
    for port in ports.unwrap_or_default() {
        let host = match port.value("published") {
            Some(published) => published.text().and_then(|text| text.parse().ok()),
            None => port.text().and_then(host_port),
        };
        if host.is_some_and(|host| host < LOWEST_PORT) {
            locations.emit(
                check,
                ids::COMPOSE_LOW_PORT,
                port.at,
                &locations.text(port.at),
            );
        }
    }
    let user = service.value("user");
    if let Some(user) = user.filter(|user| !user.text().is_some_and(is_root))
        && service.get("userns_mode").is_none()
        && writes_into_the_machine(service)
    {
        locations.emit(check, ids::COMPOSE_USER, user.at, &locations.text(user.at));
    }
}

/// Whether a folder or a file of the machine is mounted so that the service can write it.
fn writes_into_the_machine(service: &Value) -> bool {
    let mounts = service.value("volumes").map(Value::items);
    let mut mounts = mounts.unwrap_or_default().iter();
    mounts.any(|mount| match mount.text() {
        Some(text) => text.starts_with(['.', '/', '~', '$']) && !text.ends_with(":ro"),
        None => {
            let has =
                |key: &str, wanted: &str| mount.value(key).and_then(Value::text) == Some(wanted);
            has("type", "bind") && !has("read_only", "true")
        }
    })
}
