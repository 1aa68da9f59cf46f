//! What the kernel says about a process, from `/proc`.

use std::fs;
use std::time::Duration;

/// What a process has used so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// CPU time of all its threads.
    pub(crate) cpu: Duration,
    /// Bytes that it caused to be written to the device.
    pub(crate) written: u64,
}

impl Usage {
    /// Up to now.
    pub(crate) fn of(pid: u32) -> Usage {
        Usage {
            cpu: cpu(pid),
            written: field(&format!("/proc/{pid}/io"), "write_bytes:"),
        }
    }

    /// Since an earlier look.
    pub(crate) fn since(self, earlier: Usage) -> Usage {
        Usage {
            cpu: self.cpu.saturating_sub(earlier.cpu),
            written: self.written - earlier.written,
        }
    }
}

/// Resident memory in MiB.
pub(crate) fn resident_mib(pid: u32) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "kilobytes of one process")]
    let kib = field(&format!("/proc/{pid}/status"), "VmRSS:") as f64;
    kib / 1024.0
}

/// CPU time from `stat`, as `time` tells it. Linux shows it in hundredths of a second on every machine we know.
fn cpu(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name of the command stands in brackets and may hold spaces; user and system time are 12th and 13th after it.
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let ticks = rest.split(' ').skip(11).take(2);
    let hundredths: u64 = ticks.map(|number| number.parse::<u64>().unwrap()).sum();
    Duration::from_millis(hundredths * 10)
}

fn field(file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap();
    let number = line.split_whitespace().next().unwrap();
    number.parse().unwrap()
}
