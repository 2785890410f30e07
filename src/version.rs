//! Versions of Podman: what a rule asks for, and what the user says the jobs will meet.

use std::str::FromStr;

use crate::deserialize::text;

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
        let refuse = || format!("`{text}` is not a version: write it like 5.4 or 4.9.3");
        let mut numbers = [0; 3];
        for (place, part) in text
            .strip_prefix('v')
            .unwrap_or(text)
            .split('.')
            .enumerate()
        {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
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
        text(deserializer, str::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        let version = |text: &str| text.parse::<Version>();
        assert_eq!(version("5").unwrap().to_string(), "5.0");
        assert_eq!(version("v4.9.3").unwrap().to_string(), "4.9.3");
        assert!(version("5.10").unwrap() > version("5.9.1").unwrap());
        for wrong in ["", "5.", "five", "5.4.2.1", "+5", "99999999999"] {
            assert!(version(wrong).is_err(), "{wrong}");
        }
    }
}
