//! The rules load, refuse what is wrong with a place, and say what was found out about Docker and Podman.

use dindless::rules::Rules;

#[test]
fn everything_loads() {
    if let Err(error) = Rules::load() {
        panic!("{error}");
    }
}
