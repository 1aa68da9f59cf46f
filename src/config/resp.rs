//! Section `[resp]`: the port that speaks the protocol of Valkey and Redis.

use super::Resp;
use super::assemble::get;
use super::env::RESP_PASSWORD;
use super::error::ConfigError;
use super::raw::Raw;
use super::setting::Setting;
use super::valkey::{DEFAULT_PREFIX, password, prefix, ticker_prefix};

/// The port, where there is one. What is wrong is told even where there is none.
pub(super) fn resp(raw: &Raw) -> Result<Option<Resp>, ConfigError> {
    let listen = get(raw, "resp.listen", Setting::address)?;
    let password = get(raw, RESP_PASSWORD, password)?;
    let push = get(raw, "resp.push", Setting::truth)?.unwrap_or(false);
    let key_prefix = get(raw, "resp.key_prefix", prefix)?.unwrap_or_default();
    let ticker_prefix = get(raw, "resp.ticker_prefix", ticker_prefix)?;
    let Some(listen) = listen else {
        return Ok(None);
    };
    if password.is_none() && !listen.ip().to_canonical().is_loopback() {
        return Err(ConfigError::RespWithoutPassword { listen });
    }
    Ok(Some(Resp {
        listen,
        password,
        push,
        key_prefix,
        ticker_prefix: ticker_prefix.unwrap_or_else(|| DEFAULT_PREFIX.to_owned()),
    }))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Environment;
    use super::*;

    fn read(file: &str, variables: &[(&str, &str)]) -> Result<Option<Resp>, ConfigError> {
        let mut raw = Raw::parse(&format!("[resp]\n{file}\n"), Path::new("c.toml"))?;
        Environment::of(variables.iter().copied()).apply(&mut raw)?;
        resp(&raw)
    }

    #[test]
    fn it_is_off_until_it_has_an_address() {
        assert_eq!(
            read("push = true", &[("MOCKX_RESP_PASSWORD", "x")]).unwrap(),
            None
        );
        let port = read("listen = \"127.0.0.1:6379\"", &[]).unwrap().unwrap();
        assert_eq!((port.push, port.password), (false, None));
        assert_eq!(
            (port.key_prefix.as_str(), port.ticker_prefix.as_str()),
            ("", "tickers:")
        );
        let file =
            "listen = \"[::1]:1\"\npush = true\nticker_prefix = \"sym_\"\npassword = \"file\"";
        let port = read(file, &[("MOCKX_RESP_PASSWORD", "pa ss")])
            .unwrap()
            .unwrap();
        assert!(port.push && port.ticker_prefix == "sym_");
        assert_eq!(port.password.as_ref().unwrap().expose(), "pa ss");
        assert!(!format!("{port:?}").contains("pa ss"));
    }

    #[test]
    fn a_secret_file_gives_the_password() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("resp_password"), "credential\n").unwrap();
        let directory = folder.path().to_str().unwrap();
        let variables = [("CREDENTIALS_DIRECTORY", directory)];
        let port = read("listen = \"0.0.0.0:1\"", &variables).unwrap().unwrap();
        assert_eq!(port.password.as_ref().unwrap().expose(), "credential");
    }

    #[test]
    fn bad_values_say_what_is_allowed() {
        for (file, expected) in [
            (
                "listen = \"6379\"",
                "resp.listen = \"6379\": must be an IP address",
            ),
            (
                "listen = \"0.0.0.0:1\"",
                "resp.listen = 0.0.0.0:1 can be reached from other machines without a password",
            ),
            ("listen = \"[::]:1\"", "without a password"),
            (
                "ticker_prefix = \"open:\"",
                "resp.ticker_prefix = \"open:\": must not be",
            ),
            ("push = 3", "resp.push = 3: must be true or false"),
        ] {
            let error = read(file, &[]).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
