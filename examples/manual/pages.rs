//! The manual pages `mockx(1)` and `mockx.toml(5)`, and the completions for bash, zsh and fish.

use std::fmt::Write as _;

use clap::{Arg, Command};
use clap_complete::Shell;

const CONFIG: &str = include_str!("../../config.toml");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Each file's name and its content.
pub(crate) fn all() -> Vec<(&'static str, String)> {
    let completion = |shell| {
        let mut bytes = Vec::new();
        clap_complete::generate(shell, &mut mockx::cli::command(), "mockx", &mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    };
    vec![
        ("mockx.1", command_page()),
        ("mockx.toml.5", config_page()),
        ("mockx.bash", completion(Shell::Bash)),
        ("_mockx", completion(Shell::Zsh)),
        ("mockx.fish", completion(Shell::Fish)),
    ]
}

/// A page in the macros of man(7).
struct Page(String);

impl Page {
    fn new(name: &str, section: u8) -> Page {
        let title = name.to_uppercase();
        // Without a date: the same sources give the same bytes.
        Page(format!(
            ".TH \"{title}\" {section} \"\" \"mockx {VERSION}\"\n"
        ))
    }

    fn macro_line(&mut self, name: &str, text: &str) {
        // Writing to a text cannot fail.
        writeln!(self.0, ".{name} {}", plain(text)).ok();
    }

    fn heading(&mut self, text: &str) {
        self.macro_line("SH", &text.to_uppercase());
    }

    /// Lines that run together.
    fn paragraph(&mut self, text: &str) {
        for line in text.lines() {
            self.0.push_str(&plain(line.trim()));
            self.0.push('\n');
        }
    }

    /// Lines that stay as they are.
    fn verbatim(&mut self, text: &str) {
        self.0.push_str(".nf\n");
        for line in text.lines() {
            self.0.push_str(&plain(line));
            self.0.push('\n');
        }
        self.0.push_str(".fi\n");
    }

    /// A term, and behind it what it means.
    fn item(&mut self, term: &str) {
        self.0.push_str(".TP\n");
        self.macro_line("B", term);
    }
}

/// Text that troff reads as it is.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for (at, one) in text.char_indices() {
        match one {
            '\\' => plain.push_str("\\e"),
            '-' => plain.push_str("\\-"),
            '\'' => plain.push_str("\\(aq"),
            '"' => plain.push_str("\\(dq"),
            '~' => plain.push_str("\\(ti"),
            '^' => plain.push_str("\\(ha"),
            '`' => plain.push_str("\\(ga"),
            '.' if at == 0 => plain.push_str("\\&."),
            one => plain.push(one),
        }
    }
    plain
}

fn command_page() -> String {
    let mut command = mockx::cli::command();
    command.build();
    let mut page = Page::new("mockx", 1);
    let about = command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    page.heading("name");
    page.paragraph(&format!("mockx - {}", lower_first(&about)));
    page.heading("synopsis");
    page.verbatim("mockx [--table] COMMAND [ARGUMENTS]\nmockx serve [OPTIONS]");
    page.heading("description");
    page.paragraph(
        "mockx is a paper exchange for trading bots: it takes orders over HTTP as a spot exchange does and fills them\n\
         against real, simulated or recorded prices. mockx serve runs it, every other command talks to one that runs.",
    );
    page.heading("options");
    for argument in command.get_arguments() {
        describe(&mut page, argument);
    }
    page.heading("commands");
    for sub in command
        .get_subcommands()
        .filter(|sub| sub.get_name() != "help")
    {
        subcommand(&mut page, &mut sub.clone());
    }
    // Its paragraphs have a heading in their first line.
    let after = command
        .get_after_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    for block in after.split("\n\n") {
        let (title, lines) = block.split_once('\n').unwrap_or((block, ""));
        page.heading(title.trim_end_matches(':'));
        page.verbatim(lines);
    }
    page.heading("signals");
    page.item("SIGTERM, SIGINT");
    page.paragraph("End the daemon: it answers what it has begun and writes what is left.");
    page.item("SIGHUP");
    page.paragraph(
        "Reads the configuration file again: the log level and the section [oracle] take effect, other changes are\n\
         named in the log and wait for a restart. Where standard input is a terminal, it ends the daemon.",
    );
    page.heading("files");
    page.item("/etc/mockx/config.toml");
    page.paragraph("The configuration, see mockx.toml(5).");
    page.item("/var/lib/mockx");
    page.paragraph(
        "The state of the installed service: mockx.redb, endpoint (where it listens), and api-key, which members of the\n\
         group mockx can read.",
    );
    page.heading("see also");
    page.paragraph("mockx.toml(5), systemctl(1), journalctl(1)");
    page.0
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

fn subcommand(page: &mut Page, command: &mut Command) {
    let usage = command.render_usage().to_string();
    page.macro_line("SS", usage.trim_start_matches("Usage: ").trim());
    let about = command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    page.paragraph(&format!("{about}."));
    for argument in command.get_arguments().filter(|one| !one.is_global_set()) {
        describe(page, argument);
    }
    if let Some(after) = command.get_after_help() {
        page.0.push_str(".PP\n");
        page.verbatim(&after.to_string());
    }
}

fn describe(page: &mut Page, argument: &Arg) {
    if argument.get_id() == "help" || argument.is_hide_set() {
        return;
    }
    let names: Vec<String> = [
        argument.get_short().map(|short| format!("-{short}")),
        argument.get_long().map(|long| format!("--{long}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let takes_value = argument.get_action().takes_values();
    let values = argument.get_value_names().unwrap_or_default();
    let value = values.first().map(ToString::to_string).unwrap_or_default();
    page.item(
        match (names.is_empty(), takes_value) {
            (true, _) => value,
            (false, true) => format!("{} {value}", names.join(", ")),
            (false, false) => names.join(", "),
        }
        .as_str(),
    );
    let help = argument
        .get_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    page.paragraph(&format!("{help}."));
    let possible: Vec<String> = argument
        .get_possible_values()
        .iter()
        .map(|value| value.get_name().to_owned())
        .collect();
    if takes_value && !possible.is_empty() {
        page.paragraph(&format!("One of {}.", possible.join(", ")));
    }
}

fn config_page() -> String {
    let mut page = Page::new("mockx.toml", 5);
    page.heading("name");
    page.paragraph("mockx.toml - configuration of mockx");
    page.heading("description");
    page.paragraph(
        "The file that mockx serve reads: that of --config, else of $MOCKX_CONFIG, else /etc/mockx/config.toml. It is\n\
         TOML; every key may be left out.",
    );
    let mut comment: Vec<&str> = Vec::new();
    let mut in_header = true;
    for line in CONFIG.lines().skip(1) {
        if let Some(section) = line.strip_prefix('[') {
            in_header = false;
            page.macro_line("SH", &format!("[{section}"));
        } else if let Some(words) = line.strip_prefix("# ") {
            comment.push(words);
        } else if let Some((key, default)) = setting(line) {
            page.item(&format!("{key} = {default}"));
            comments(&mut page, &std::mem::take(&mut comment));
        } else if in_header && !comment.is_empty() {
            page.0.push_str(".PP\n");
            comments(&mut page, &std::mem::take(&mut comment));
        }
    }
    page.heading("secrets");
    page.paragraph(
        "The key and the passwords can also come from files: from the credentials api_key, redis_url and valkey_password\n\
         of the service (LoadCredential= in systemd.exec(5)), or from files that API_KEY_FILE, REDIS_URL_FILE and\n\
         VALKEY_PASSWORD_FILE name. The variable itself goes before its _FILE, that before the credential, and that before\n\
         this file.",
    );
    page.heading("see also");
    page.paragraph("mockx(1)");
    page.0
}

/// `#key = default`.
fn setting(line: &str) -> Option<(&str, &str)> {
    let setting = line.strip_prefix('#')?;
    let (key, default) = setting.split_once(" = ")?;
    key.starts_with(|first: char| first.is_ascii_lowercase())
        .then_some((key, default))
}

/// Indented lines are lists and stay as they are.
fn comments(page: &mut Page, lines: &[&str]) {
    for block in lines.chunk_by(|a, b| a.starts_with("  ") == b.starts_with("  ")) {
        if block.first().is_some_and(|first| first.starts_with("  ")) {
            page.verbatim(&block.join("\n"));
        } else {
            page.paragraph(&block.join("\n"));
        }
    }
}
