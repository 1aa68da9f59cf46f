//! How a daemon ends and begins again: stopped, killed, without power, with bits of its file flipped.

use std::rc::Rc;
use std::time::Duration;

use mockx::daemon::{Clock, Housekeeping, SystemClock, Tally, Turns};
use mockx::exchange::{Command, Exchange};
use mockx::mailbox::Mailbox;
use mockx::store::{OpenError, Writer};

use crate::chance::Chance;
use crate::world::{Process, World, differs};

/// A start that fails so often with a disk that is well is a failure of the run.
const STARTS_MAX: usize = 8;

impl World {
    /// Stops the daemon as a signal does.
    pub(crate) fn stop(&mut self) -> Result<(), String> {
        for last in [false, true] {
            self.work_if_asked()?;
            self.hear()?;
            // Hearing ends a turn, which may have asked for something more.
            self.work_if_asked()?;
            self.hear()?;
            let reading = self.reading();
            let Some(process) = &mut self.process else {
                return Ok(());
            };
            if last || process.turns.is_refusing() || process.asked.is_some() {
                continue;
            }
            let ask = process.turns.finish(reading);
            let moment = process.turns.exchange().moment();
            let digest = process.turns.exchange().digest();
            process.asked = ask;
            self.log.borrow_mut().add(moment, Command::Wake);
            self.on_its_way = std::mem::take(&mut self.log.borrow_mut().entries);
            let next = self.model.after(&self.on_its_way);
            if next.exchange.digest() != digest {
                return Err("the replay of the last turn is another state".to_owned());
            }
            self.maybe = Some(next);
        }
        self.end();
        Ok(())
    }

    fn work_if_asked(&mut self) -> Result<(), String> {
        match &self.process {
            Some(process) if process.asked.is_some() => self.work(),
            _ => Ok(()),
        }
    }

    /// The process is gone, and with it whoever waits for it.
    fn end(&mut self) {
        self.process = None;
        self.waiting.clear();
        self.log.borrow_mut().entries.clear();
    }

    pub(crate) fn pull_the_plug(&mut self) {
        let seed = self.cut;
        self.cut = self.cut.wrapping_add(1);
        let image = self.disk.cut(&mut Chance::new(seed, 3));
        self.end();
        self.disk = image;
    }

    /// Stops the daemon, flips bits, and starts it: it says so, or nothing that counts is different.
    pub(crate) fn flip(&mut self, seed: u64) -> Result<(), String> {
        self.stop()?;
        self.end();
        if self.disk.is_faulty() || self.maybe.is_some() {
            return Ok(());
        }
        let flipped = self.disk.flipped(&mut Chance::new(seed, 4));
        let before = flipped.bytes();
        match Writer::open(flipped.place()) {
            Err(OpenError::Damaged { .. } | OpenError::Newer { .. }) => {
                if flipped.bytes() != before {
                    return Err("a damaged file was written to".to_owned());
                }
            }
            Err(error) => return Err(format!("flipped bits are called: {error}")),
            Ok((writer, snapshot)) => {
                let found = Exchange::restore(self.rules.clone(), snapshot);
                let found = found.map_err(|broken| format!("flipped bits: {broken}"))?;
                if !self.model.is(&found) {
                    return Err(format!("flipped bits: {}", differs(&self.model, &found)));
                }
                self.model.compare(&writer.reader())?;
            }
        }
        Ok(())
    }

    /// Starts the daemon, however often the disk makes it fail.
    pub(crate) fn start(&mut self) -> Result<(), String> {
        self.end();
        let mut error = String::new();
        for attempt in 0..STARTS_MAX {
            if attempt > 2 {
                self.disk.mend();
            }
            let (faulty, failures) = (self.disk.is_faulty(), self.disk.failures());
            match Writer::open(self.disk.place()) {
                Ok((writer, snapshot)) => return self.started(writer, snapshot),
                Err(why) => error = why.to_string(),
            }
            if self.disk.is_off() {
                self.pull_the_plug();
            } else if !faulty || self.disk.failures() == failures {
                return Err(format!("a sound store was refused: {error}"));
            }
        }
        Err(format!("the daemon does not start: {error}"))
    }

    fn started(
        &mut self,
        writer: Writer,
        snapshot: mockx::exchange::Snapshot,
    ) -> Result<(), String> {
        let exchange = Exchange::restore(self.rules.clone(), snapshot);
        let exchange = exchange.map_err(|broken| format!("what is stored is unsound: {broken}"))?;
        let stamped = exchange.moment();
        let housekeeping = Housekeeping {
            price_flush: Duration::from_secs(10),
            audit: Some(Duration::from_secs(30)),
        };
        let clock = Clock::System(SystemClock::new(stamped));
        let (mailbox, inbox) = Mailbox::new();
        self.process = Some(Process {
            turns: Turns::new(exchange, clock, Rc::<Tally>::default(), housekeeping)
                .with_candles(Rc::default()),
            writer,
            mailbox,
            inbox,
            asked: None,
            done: None,
            started: self.run,
            elapsed: stamped.elapsed,
            stamped,
        });
        self.settle(true)?;
        if self.disk.is_faulty() {
            return Ok(());
        }
        self.look()
    }
}
