//! SIGHUP: reads the configuration again and takes over what can change while the daemon runs, which is the level of the
//! log and the section `[oracle]`; what else has changed is named and waits for a restart.
//!
//! A configuration that is wrong changes nothing at all: it is said what is wrong, and everything stays as it is. The
//! environment of a process never changes, so what is set there goes before the file now as at the start.

use std::rc::Rc;

use super::board::Board;
use super::feed::{Feed, Running, Start, symbols};
use super::through::Wishes;
use super::{Launch, Notifier};
use crate::config::{Config, Source, Written};
use crate::exchange::Command;
use crate::mailbox::{Mailbox, Unavailable};
use crate::stepper::Stepper;
use crate::units::Moment;

/// What a reload works on.
pub(super) struct Reloader {
    launch: Launch,
    mailbox: Mailbox,
    board: Rc<Board>,
    wishes: Wishes,
    running: Vec<Running>,
}

/// What a changed configuration asks for.
struct Change {
    /// The configuration from now on: the old one, with what can change taken from the new one.
    config: Config,
    /// Whether the sources of prices are to be started anew.
    feed: bool,
    /// Whether there is anything to take over.
    any: bool,
    /// Whether the rest differs too.
    rest: bool,
}

impl Reloader {
    pub(super) fn new(
        launch: Launch,
        mailbox: Mailbox,
        board: Rc<Board>,
        wishes: Wishes,
        running: Vec<Running>,
    ) -> Reloader {
        Reloader {
            launch,
            mailbox,
            board,
            wishes,
            running,
        }
    }

    /// Gives back the sources of prices; no more jobs come from here.
    pub(super) fn into_running(self) -> Vec<Running> {
        self.running
    }

    /// Reads the configuration again; the supervisor is told when it begins and ends.
    pub(super) async fn reload(&mut self, notifier: &Notifier) {
        notifier.reloading();
        let read = Config::load_written(&self.launch.options, &self.launch.environment);
        match read {
            Ok((config, written)) => self.take_over(&config, written).await,
            Err(error) => log::error!("reload: {error}; everything stays as it was"),
        }
        notifier.ready();
    }

    async fn take_over(&mut self, new: &Config, written: Written) {
        let changed = written.changed_since(&self.launch.written);
        let change = Change::between(&self.launch.config, new);
        if change.any
            && let Err(why) = self.apply(&change).await
        {
            log::error!("reload: {why}; everything stays as it was");
            return;
        }
        let is_taken = |key: &&str| change.any && is_live(key, &self.launch.config, new);
        let (taken, waiting): (Vec<&str>, Vec<&str>) = changed.into_iter().partition(is_taken);
        self.launch.config = change.config;
        self.launch.written = self.launch.written.with(&written, &taken);
        if change.any {
            log::info!("reloaded: {}", taken.join(", "));
        }
        if change.rest {
            log::warn!("needs a restart: {}", waiting.join(", "));
        }
        if !change.any && !change.rest {
            log::info!("reloaded: nothing has changed");
        }
    }

    /// Either all of it or nothing.
    async fn apply(&mut self, change: &Change) -> Result<(), String> {
        let config = &change.config;
        if change.feed {
            let (wanted, demo) = (config.clone(), self.launch.options.demo);
            let opened = self
                .mailbox
                .look(move |exchange| Feed::open_all(&wanted, demo, exchange));
            let feeds = opened.await.map_err(|why| why.to_string())?;
            let feeds = feeds.map_err(|why| why.to_string())?;
            self.list(config).await.map_err(|why| why.to_string())?;
            self.age(config).await.map_err(|why| why.to_string())?;
            self.restart(feeds, config).await;
        } else {
            self.age(config).await.map_err(|why| why.to_string())?;
        }
        log::set_max_level(config.log);
        Ok(())
    }

    /// From when on prices are too old.
    async fn age(&self, config: &Config) -> Result<(), Unavailable> {
        let max_age = config.oracle.max_age;
        self.mailbox
            .adjust(move |exchange| exchange.set_max_age(max_age))
            .await
    }

    async fn list(&self, config: &Config) -> Result<(), Unavailable> {
        let listed = self
            .mailbox
            .submit(Command::List(symbols(config)), |_, _| ());
        if let Err(refused) = listed.await? {
            log::error!("not all symbols are listed: {refused}");
        }
        Ok(())
    }

    async fn restart(&mut self, feeds: Vec<Feed>, config: &Config) {
        for running in std::mem::take(&mut self.running) {
            if let Some(program) = running.stop().await {
                // Two of them would write over each other's prices. It ends within a bound, by force if need be.
                drop(program.await);
            }
        }
        // A recording, which this is not, would have steps and a beginning.
        let (_stepper, steps) = Stepper::new();
        let start = Start {
            mailbox: self.mailbox.clone(),
            board: Rc::clone(&self.board),
            moment: Moment::default(),
            steps,
            wishes: Rc::clone(&self.wishes),
        };
        self.running = Feed::start_all(feeds, config, start);
    }
}

impl Change {
    fn between(old: &Config, new: &Config) -> Change {
        let mut config = Config {
            log: new.log,
            ..old.clone()
        };
        if is_replaceable(old, new) {
            config.oracle = new.oracle.clone();
        }
        let mut feed = config.oracle.clone();
        feed.max_age = old.oracle.max_age;
        Change {
            feed: feed != old.oracle,
            any: config != *old,
            rest: config != *new,
            config,
        }
    }
}

/// Whether the source of one configuration can take the place of the other's. A recording brings its own time, and the
/// clock of a daemon is chosen once.
fn is_replaceable(old: &Config, new: &Config) -> bool {
    let is_recording = |config: &Config| matches!(config.oracle.source, Source::Replay { .. });
    !is_recording(old) && !is_recording(new)
}

/// Whether a key takes effect without a restart.
fn is_live(key: &str, old: &Config, new: &Config) -> bool {
    key == "log.level" || (key.starts_with("oracle.") && is_replaceable(old, new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Options};

    fn config(source: &str, variables: &[(&str, &str)]) -> Config {
        let fixed = [("HOME", "/h"), ("MOCKX_CONFIG", "/dev/null")];
        let environment = Environment::of(fixed.into_iter().chain(variables.iter().copied()));
        let options = Options {
            source: Some(source.to_owned()),
            ..Options::default()
        };
        Config::load(&options, &environment).unwrap()
    }

    #[test]
    fn what_can_change_is_told_from_what_cannot() {
        let old = config("sim", &[]);
        let same = Change::between(&old, &old);
        assert!(!same.any && !same.feed && !same.rest);
        let new = config("sim", &[("LOG_LEVEL", "debug"), ("COMMISSION", "0.5")]);
        let change = Change::between(&old, &new);
        assert!(change.any && !change.feed && change.rest);
        assert_eq!(change.config.log, log::LevelFilter::Debug);
        assert_eq!(change.config.exchange, old.exchange);
        let change = Change::between(&old, &config("push", &[("SYMBOLS", "BTC/EUR")]));
        assert!(change.any && change.feed && !change.rest);
    }

    #[test]
    fn a_recording_neither_begins_nor_ends_by_a_reload() {
        let (recording, sim) = (config("replay:/r.csv", &[]), config("sim", &[]));
        for (old, new) in [(&recording, &sim), (&sim, &recording)] {
            let change = Change::between(old, new);
            assert!(!change.any && !change.feed && change.rest);
            assert!(!is_live("oracle.source", old, new));
            assert!(is_live("log.level", old, new));
        }
    }
}
