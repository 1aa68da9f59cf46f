//! The machine, and what systemd says of the service.

use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::time::{ClockId, clock_gettime};

use super::{Page, bytes};

/// 1 January 2026: a clock before that is wrong.
const CLOCK_FLOOR: i64 = 1_767_225_600;
/// What systemd-timesyncd leaves once it has set the clock.
const SYNCHRONISED_FILE: &str = "/run/systemd/timesync/synchronized";
const UNIT: &str = "mockx.service";
/// Lines of the journal that are shown.
const JOURNAL_LINES: &str = "5";

/// Operating system, machine, memory, clock.
pub(super) fn system(page: &mut Page) {
    page.section("system");
    let release = text("/etc/os-release");
    let name = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    page.row("os", name.map_or("unknown", |name| name.trim_matches('"')));
    let kernel = text("/proc/sys/kernel/osrelease");
    page.row(
        "kernel",
        &format!("{} ({})", kernel.trim(), std::env::consts::ARCH),
    );
    let model = ["/proc/device-tree/model", "/sys/class/dmi/id/product_name"]
        .map(text)
        .into_iter()
        .map(|model| model.trim_matches(['\0', '\n', ' ']).to_owned())
        .find(|model| !model.is_empty());
    page.row("model", model.as_deref().unwrap_or("unknown"));
    memory(page);
    clock(page);
}

fn memory(page: &mut Page) {
    let table = text("/proc/meminfo");
    let size = |name: &str| {
        let line = table.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
        Some(bytes(kib.saturating_mul(1024)))
    };
    if let (Some(total), Some(free)) = (size("MemTotal:"), size("MemAvailable:")) {
        page.row("memory", &format!("{total}, {free} available"));
    }
}

fn clock(page: &mut Page) {
    let now = clock_gettime(ClockId::Realtime).tv_sec;
    let is_set = Path::new(SYNCHRONISED_FILE).exists();
    let state = if now < CLOCK_FLOOR {
        page.problem("the clock is wrong: it shows a time before 2026");
        "wrong"
    } else if is_set {
        "synchronised"
    } else {
        "not known to be synchronised"
    };
    page.row("clock", &format!("{} UTC, {state}", utc(now)));
}

/// Seconds since 1970 as date and time.
fn utc(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // The civil calendar from days, after Howard Hinnant: years begin in March, eras have 400 of them.
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * day + 2) / 153;
    let month_day = day - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{month_day:02} {:02}:{:02}:{:02}",
        rest / 3600,
        rest % 3600 / 60,
        rest % 60
    )
}

/// What systemd says.
pub(super) fn service(page: &mut Page) {
    page.section("service");
    if !Path::new("/run/systemd/system").exists() {
        page.line("no systemd here");
        return;
    }
    let names = "LoadState,ActiveState,SubState,Result,NRestarts,MemoryCurrent,StatusText";
    let shown = said("systemctl", &["show", UNIT, "--property", names]);
    let value = |name: &str| {
        let line = shown
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or("unknown").to_owned()
    };
    if value("LoadState") != "loaded" {
        page.line(&format!("{UNIT} is not installed"));
        return;
    }
    let (active, result) = (value("ActiveState"), value("Result"));
    let state = format!(
        "{active} ({}), result {result}, {} restarts",
        value("SubState"),
        value("NRestarts")
    );
    page.row("state", &state);
    page.row("status", &value("StatusText"));
    if let Ok(memory) = value("MemoryCurrent").parse() {
        page.row("memory", &bytes(memory));
    }
    if active == "failed" {
        page.problem(format!("{UNIT} has failed: {result}"));
    }
    let arguments = [
        "-u",
        UNIT,
        "-p",
        "warning",
        "-n",
        JOURNAL_LINES,
        "--no-pager",
        "-q",
        "-o",
        "short-iso",
    ];
    for line in said("journalctl", &arguments).lines() {
        page.row("log", line);
    }
}

/// What a program of the system says; nothing where it is missing.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

fn text(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_is_right() {
        for (seconds, expected) in [
            (0, "1970-01-01 00:00:00"),
            (-1, "1969-12-31 23:59:59"),
            (951_827_696, "2000-02-29 12:34:56"),
            (CLOCK_FLOOR, "2026-01-01 00:00:00"),
            (4_107_542_399, "2100-02-28 23:59:59"),
        ] {
            assert_eq!(utc(seconds), expected);
        }
    }
}
