//! What goes before what, and where a client looks.

use super::*;

/// A folder with a configuration file, and the environment that names it.
fn loaded(text: &str, variables: &[(&str, &str)], options: &Options) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.toml");
    fs::write(&path, text).unwrap();
    let named = [
        ("HOME", "/h"),
        ("STATE_DIRECTORY", "/s"),
        ("MOCKX_CONFIG", path.to_str().unwrap()),
    ];
    let environment = Environment::of(named.into_iter().chain(variables.iter().copied()));
    Config::load(options, &environment).unwrap()
}

#[test]
fn options_override_the_environment() {
    let text = "[exchange]\nseed = 2\n[server]\nlisten = \"127.0.0.1:1\"\n";
    let variables = [
        ("ENGINE_PORT", "2"),
        ("EXCHANGE", "push"),
        ("MOCKX_DATA_DIR", "/m"),
    ];
    let without = loaded(text, &variables, &Options::default());
    assert_eq!(without.server.listen.to_string(), "127.0.0.1:2");
    assert_eq!(without.exchange.seed, 2);
    assert_eq!(without.oracle.source, Source::Push);
    assert_eq!(without.data_dir, PathBuf::from("/m"));
    let options = Options {
        listen: Some("127.0.0.1:3".parse().unwrap()),
        data_dir: Some(PathBuf::from("d")),
        source: Some("sim".to_owned()),
        seed: Some(u64::MAX),
        ..Options::default()
    };
    let with = loaded(text, &variables, &options);
    assert_eq!(with.server.listen.to_string(), "127.0.0.1:3");
    assert_eq!(with.exchange.seed, u64::MAX);
    assert_eq!(with.oracle.source, Source::Sim);
    assert_eq!(with.data_dir, PathBuf::from("d"));
}

#[test]
fn the_demo_has_its_own_directory_and_simulated_prices() {
    let variables = [("EXCHANGE", "push")];
    let demo = Options {
        demo: true,
        ..Options::default()
    };
    let config = loaded("", &variables, &demo);
    assert_eq!(config.oracle.source, Source::Sim);
    assert_eq!(config.data_dir, PathBuf::from("/s/demo"));
    let file = "[store]\ndata_dir = \"/f\"\n";
    assert_eq!(
        loaded(file, &variables, &demo).data_dir,
        PathBuf::from("/f/demo")
    );
    let asked = Options {
        data_dir: Some(PathBuf::from("/d")),
        source: Some("push".to_owned()),
        ..demo
    };
    let config = loaded(file, &variables, &asked);
    assert_eq!(config.oracle.source, Source::Push);
    assert_eq!(config.data_dir, PathBuf::from("/d"));
}

#[test]
fn a_client_searches_what_is_configured_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.toml");
    fs::write(&path, "[store]\ndata_dir = \"state\"\n").unwrap();
    let named = ("MOCKX_CONFIG", path.to_str().unwrap());
    let found = data_dirs(&Environment::of([named, ("HOME", "/h")]));
    assert_eq!(found.first(), Some(&folder.path().join("state")));
    fs::write(&path, "broken").unwrap();
    let found = data_dirs(&Environment::of([
        named,
        ("HOME", "/h"),
        ("STATE_DIRECTORY", "/s"),
    ]));
    assert_eq!(found.first(), Some(&PathBuf::from("/s")));
}
