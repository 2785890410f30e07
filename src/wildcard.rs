//! The wildcards of GitLab's `include: local`: `*` stays within a folder, `**` crosses folders.

/// Whether `path` (with `/` between its parts) matches the whole of `pattern`.
///
/// `**` stands for any text and `*` for any text without a `/`, so `ci/**.yml` takes every depth and `ci/**/*.yml`
/// only what lies in folders below `ci` (GitLab turns the two into `.*?` and `[^/]*?`).
/// Takes time proportional to the product of both lengths, whatever the pattern is.
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    let Some((before, rest)) = pattern.split_once('*') else {
        return pattern == path;
    };
    let after = rest.rsplit('*').next().unwrap_or(rest);
    let could_fit = path.starts_with(before) && path.ends_with(after);
    could_fit && matches_wildcards(pattern, path)
}

fn matches_wildcards(pattern: &str, path: &str) -> bool {
    let tokens = tokens(pattern);
    // `alive[n]` says that the first n tokens can account for what was read of the path so far.
    let mut alive = vec![false; tokens.len() + 1];
    alive[0] = true;
    skip_wildcards(&tokens, &mut alive);
    for character in path.chars() {
        let mut next = vec![false; tokens.len() + 1];
        for (index, token) in tokens.iter().enumerate() {
            if !alive[index] {
                continue;
            }
            match token {
                Token::Anything => next[index] = true,
                Token::WithinFolder if character != '/' => next[index] = true,
                Token::Character(wanted) if *wanted == character => next[index + 1] = true,
                _ => {}
            }
        }
        skip_wildcards(&tokens, &mut next);
        alive = next;
    }
    alive.last().copied().unwrap_or(false)
}

enum Token {
    Anything,
    WithinFolder,
    Character(char),
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(pattern.len());
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        tokens.push(if character != '*' {
            Token::Character(character)
        } else if characters.next_if_eq(&'*').is_some() {
            Token::Anything
        } else {
            Token::WithinFolder
        });
    }
    tokens
}

/// A wildcard may stand for nothing: what is alive before it is alive after it.
fn skip_wildcards(tokens: &[Token], alive: &mut [bool]) {
    for (index, token) in tokens.iter().enumerate() {
        if alive[index] && !matches!(token, Token::Character(_)) {
            alive[index + 1] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn one_star_stays_within_a_folder() {
        assert!(matches("ci/*.yml", "ci/build.yml"));
        assert!(matches("ci/*.yml", "ci/.yml"));
        assert!(!matches("ci/*.yml", "ci/a/build.yml"));
        assert!(!matches("ci/*.yml", "ci/build.yaml"));
    }

    #[test]
    fn two_stars_cross_folders() {
        assert!(matches("ci/**.yml", "ci/build.yml"));
        assert!(matches("ci/**.yml", "ci/a/b/build.yml"));
        assert!(matches("ci/**/*.yml", "ci/a/b/build.yml"));
        assert!(!matches("ci/**/*.yml", "ci/build.yml"));
        assert!(matches("**", "a/b"));
    }

    #[test]
    fn other_characters_mean_themselves() {
        assert!(matches("a.[b]?{c}", "a.[b]?{c}"));
        assert!(!matches("a.b", "axb"));
        assert!(matches("", ""));
        assert!(!matches("", "a"));
        assert!(!matches("ab*ba", "aba"));
        assert!(matches("ab*ba", "abba"));
    }

    #[test]
    fn a_hostile_pattern_ends() {
        let pattern = "*a".repeat(200);
        assert!(!matches(&pattern, &"a".repeat(199)));
    }
}
