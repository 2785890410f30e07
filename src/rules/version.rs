//! Versions of Podman, as far as a rule needs to compare them.

use std::str::FromStr;

/// A version such as `5.8` or `5.8.2`; what is not written counts as 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// 5 of 5.8.2.
    pub major: u32,
    /// 8 of 5.8.2.
    pub minor: u32,
    /// 2 of 5.8.2.
    pub patch: u32,
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || format!("`{text}` is not a version such as 5.8 or 5.8.2");
        let mut numbers = [0; 3];
        for (place, part) in text.split('.').enumerate() {
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            let number = numbers.get_mut(place).filter(|_| digits);
            *number.ok_or_else(refuse)? = part.parse().map_err(|_| refuse())?;
        }
        let [major, minor, patch] = numbers;
        Ok(Self {
            major,
            minor,
            patch,
        })
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        match self.patch {
            0 => Ok(()),
            patch => write!(f, ".{patch}"),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Version {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::error::text(deserializer, str::parse)
    }
}
