//! The known word that somebody may have meant.

/// The name that is nearest to `word`; none if all are far from it.
pub(crate) fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let far = word.chars().count() / 3 + 1;
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(word, name), name))
        .filter(|(distance, _)| *distance <= far)
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant() {
        let names = ["runner", "rules", "image", "images"];
        assert_eq!(nearest("rulse", names), Some("rules"));
        assert_eq!(nearest("imge", names), Some("image"));
        assert_eq!(nearest("timeout", names), None);
    }
}
