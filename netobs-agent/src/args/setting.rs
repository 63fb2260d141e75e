//! Something that can be turned off with the word `none`.
use std::str::FromStr;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting<T>(pub(crate) Option<T>);

impl<T: FromStr> FromStr for Setting<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "none" {
            return Ok(Self(None));
        }
        text.parse().map(Some).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::Setting;

    #[test]
    fn none_is_nothing_and_everything_else_is_read() {
        assert_eq!("none".parse(), Ok(Setting::<SocketAddr>(None)));
        let address = SocketAddr::from(([127, 0, 0, 1], 80));
        assert_eq!("127.0.0.1:80".parse(), Ok(Setting(Some(address))));
        assert!("nowhere".parse::<Setting<SocketAddr>>().is_err());
    }
}
