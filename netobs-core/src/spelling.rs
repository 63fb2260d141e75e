//! Whether two words were probably meant to be the same.

/// `fits`: the values agree, so that less likeness of the keys is enough.
pub fn keys_are_near(wanted: &str, found: &str, fits: bool) -> bool {
    if wanted == found {
        return false;
    }
    let (wanted_name, found_name) = (name(wanted), name(found));
    if wanted_name.eq_ignore_ascii_case(found_name) {
        return fits || wanted.eq_ignore_ascii_case(found);
    }
    let misspelt = is_misspelt(wanted, found) || is_misspelt(wanted_name, found_name);
    misspelt && (fits || wanted_name.len() >= 5) || fits && is_abbreviated(wanted_name, found_name)
}

pub fn values_are_near(wanted: &str, found: &str) -> bool {
    wanted != found
        && (wanted.eq_ignore_ascii_case(found)
            || is_abbreviated(wanted, found)
            || is_misspelt(wanted, found) && !differ_in_a_mark(wanted, found))
}

/// The part of a label key after its prefix.
fn name(key: &str) -> &str {
    key.rsplit_once('/').map_or(key, |(_, name)| name)
}

/// `prod` and `production`, but not `web` and `web-2`.
fn is_abbreviated(left: &str, right: &str) -> bool {
    let (short, long) = if left.len() < right.len() {
        (left, right)
    } else {
        (right, left)
    };
    let begins_with = long
        .get(..short.len())
        .is_some_and(|begin| begin.eq_ignore_ascii_case(short));
    short.len() >= 3 && begins_with && long[short.len()..].bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// One letter wrong in four, two in six; of three, two neighbours swapped.
fn is_misspelt(left: &str, right: &str) -> bool {
    let longest = left.len().max(right.len());
    let most = match longest {
        0..3 => return false,
        3 => return is_swapped(left.as_bytes(), right.as_bytes()),
        4..6 => 1,
        _ => 2,
    };
    left.len().abs_diff(right.len()) <= most && longest <= 63 && edits(left.as_bytes(), right.as_bytes()) <= most
}

/// `evn` for `env`: with three letters, any other slip is a word of its own.
fn is_swapped(left: &[u8], right: &[u8]) -> bool {
    match (left, right) {
        ([a, b, c], [x, y, z]) => left != right && ((a, b, c) == (y, x, z) || (a, b, c) == (x, z, y)),
        _ => false,
    }
}

/// `prod-a` and `prod-b`, `v1` and `v2`: alike, and meant to be different.
fn differ_in_a_mark(left: &str, right: &str) -> bool {
    let parts = |text: &'_ str| text.split(['-', '_', '.']).map(str::to_owned).collect::<Vec<_>>();
    let (left, right) = (parts(left), parts(right));
    let of_digits_apart = |left: &str, right: &str| {
        left.trim_end_matches(|character: char| character.is_ascii_digit())
            == right.trim_end_matches(|character: char| character.is_ascii_digit())
    };
    left.len() == right.len()
        && left
            .iter()
            .zip(&right)
            .filter(|(left, right)| left != right)
            .all(|(left, right)| left.len().max(right.len()) <= 2 || of_digits_apart(left, right))
}

/// Letters inserted, left out, replaced or swapped with their neighbour.
fn edits(left: &[u8], right: &[u8]) -> usize {
    let mut before_last = [0_usize; 64];
    let mut last: [usize; 64] = std::array::from_fn(|column| column);
    for row in 1..=left.len() {
        let mut line = [row; 64];
        for column in 1..=right.len() {
            let same = usize::from(!left[row - 1].eq_ignore_ascii_case(&right[column - 1]));
            let replaced = last[column - 1] + same;
            line[column] = replaced.min(last[column] + 1).min(line[column - 1] + 1);
            if row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1] {
                line[column] = line[column].min(before_last[column - 2] + 1);
            }
        }
        before_last = last;
        last = line;
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_slips_in_keys_are_near() {
        assert!(keys_are_near("environment", "enviroment", false));
        assert!(keys_are_near("env", "environment", true));
        assert!(keys_are_near("env", "Env", false));
        assert!(keys_are_near("env", "example.com/env", true));
        assert!(keys_are_near(
            "kubernetes.io/metadata.name",
            "kubernetes.io/metadata-name",
            false
        ));
        assert!(keys_are_near("team", "taem", true));
        assert!(keys_are_near("env", "evn", true) && keys_are_near("app", "pap", true));
    }

    #[test]
    fn other_keys_are_not_near() {
        assert!(!keys_are_near("env", "environment", false));
        assert!(!keys_are_near("app", "api", true));
        assert!(!keys_are_near("env", "env", true));
        assert!(!keys_are_near("tier", "team", false));
        assert!(!keys_are_near("app", "app.kubernetes.io/part-of", false));
    }

    #[test]
    fn words_of_three_letters_are_near_only_with_neighbours_swapped() {
        for found in ["evn", "nev"] {
            assert!(!keys_are_near("env", found, false), "{found}");
        }
        for found in ["vne", "nve", "dev", "enb", "en", "evns"] {
            assert!(!keys_are_near("env", found, true), "{found}");
        }
        assert!(values_are_near("dev", "dve") && !values_are_near("v12", "v21"));
    }

    #[test]
    fn usual_slips_in_values_are_near_and_numbered_ones_are_not() {
        for (wanted, found) in [
            ("prod", "production"),
            ("prod", "Prod"),
            ("prod", "prd"),
            ("production", "prodution"),
        ] {
            assert!(values_are_near(wanted, found), "{wanted} {found}");
        }
        for (wanted, found) in [
            ("prod", "dev"),
            ("prod-a", "prod-b"),
            ("v1", "v2"),
            ("web", "web-2"),
            ("web1", "web2"),
        ] {
            assert!(!values_are_near(wanted, found), "{wanted} {found}");
        }
    }

    #[test]
    fn long_and_foreign_words_do_no_harm() {
        let long = "é".repeat(200);
        assert!(!values_are_near(&long, "prod") && !keys_are_near("prod", &long, true));
        assert!(!is_abbreviated("aaé", "aa\u{e8}aaa"));
    }
}
