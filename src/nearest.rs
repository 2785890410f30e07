//! The known words that somebody may have meant.

/// The fewest that two words must have in common, of 1, to be taken for one another.
const ALIKE: f32 = 0.6;

/// At most `most` of the names that are like `word`, the nearest first.
pub(crate) fn alike<'a>(
    word: &str,
    names: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    let names: Vec<&str> = names.into_iter().collect();
    similar::get_close_matches(word, &names, most, ALIKE)
}

/// The name that is nearest to `word`; none if all are far from it.
pub(crate) fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    alike(word, names, 1).into_iter().next()
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
