//! One client: who it is, which version of the protocol it speaks, and what it has queued. Pure.

use std::rc::Rc;

use super::commands::{self, COMMANDS, Kind, Spec};
use super::keys::COMPATIBLE;
use super::parse::Request;
use super::reply::{Protocol, Reply};
use super::settings::Settings;

/// Commands of one transaction.
const QUEUED_MAX: usize = 1000;
/// Bytes of their words.
const QUEUED_BYTES_MAX: usize = 512 * 1024;
/// Bytes of a client's name.
const NAME_BYTES_MAX: usize = 64;
/// Numbers of databases: each shows the same keys.
const DATABASES: u64 = 16;

const NO_AUTH: &str = "NOAUTH Authentication required.";
const WRONG_PASSWORD: &str = "WRONGPASS invalid username-password pair or user is disabled.";
const NO_PASSWORD: &str = "ERR AUTH <password> called without any password configured for the \
     default user. Are you sure your configuration is correct?";
const READ_ONLY: &str = "READONLY mockx answers reads only; change things by its HTTP API";
const NO_PUSH: &str = "READONLY prices are taken here only with resp.push = true in the settings";

/// What is to be done about a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Send this.
    Send(Vec<u8>),
    /// Answer this one.
    Run(Request),
    /// Answer all of these in one array.
    RunAll(Vec<Request>),
    /// Send this and close.
    Close(Vec<u8>),
}

#[derive(Debug, Default)]
struct Queue {
    requests: Vec<Request>,
    bytes: usize,
    /// Whether one of them could not be queued.
    broken: bool,
}

/// A client.
#[derive(Debug)]
pub(super) struct Session {
    settings: Rc<Settings>,
    id: u64,
    protocol: Protocol,
    authenticated: bool,
    name: Vec<u8>,
    queue: Option<Queue>,
}

impl Session {
    pub(super) fn new(settings: Rc<Settings>, id: u64) -> Session {
        Session {
            authenticated: settings.password.is_none(),
            settings,
            id,
            protocol: Protocol::Two,
            name: Vec::new(),
            queue: None,
        }
    }

    pub(super) fn protocol(&self) -> Protocol {
        self.protocol
    }

    pub(super) fn is_authenticated(&self) -> bool {
        self.authenticated
    }

    /// Takes a request.
    pub(super) fn take(&mut self, request: Request) -> Then {
        let mut reply = Reply::new(self.protocol);
        let Some((word, rest)) = request.split_first() else {
            return Then::Send(reply.out);
        };
        // A browser that was lured into talking to this port; what follows is not ours to obey.
        if word.eq_ignore_ascii_case(b"post") || word.eq_ignore_ascii_case(b"host:") {
            log::debug!("resp: a connection that speaks HTTP is closed");
            return Then::Close(reply.out);
        }
        let spec = match self.known(word, rest.len() + 1) {
            Ok(spec) => spec,
            Err(why) => {
                if let Some(queue) = &mut self.queue {
                    queue.broken = true;
                }
                reply.error(&why);
                return Then::Send(reply.out);
            }
        };
        let ends_queue = ["exec", "discard", "multi", "quit"].contains(&spec.name);
        if let Some(queue) = &mut self.queue
            && !ends_queue
        {
            match queue.put(spec, request) {
                Ok(()) => reply.simple("QUEUED"),
                Err(why) => reply.error(why),
            }
            return Then::Send(reply.out);
        }
        match spec.kind {
            Kind::Read | Kind::Push => Then::Run(request),
            Kind::Session => self.answer(spec.name, rest),
        }
    }

    /// The command, if it may be carried out.
    fn known(&self, word: &[u8], words: usize) -> Result<&'static Spec, String> {
        let spec = commands::find(word);
        let open = |spec: &Spec| ["auth", "hello", "quit"].contains(&spec.name);
        if !self.authenticated && !spec.is_some_and(open) {
            return Err(NO_AUTH.to_owned());
        }
        let Some(spec) = spec else {
            if commands::is_write(word) {
                return Err(READ_ONLY.to_owned());
            }
            let shown: String = String::from_utf8_lossy(word).chars().take(64).collect();
            return Err(format!("ERR unknown command '{shown}'"));
        };
        if !commands::fits(spec, words) {
            let name = spec.name;
            return Err(format!(
                "ERR wrong number of arguments for '{name}' command"
            ));
        }
        if spec.kind == Kind::Push && self.settings.read_ticker.is_none() {
            return Err(NO_PUSH.to_owned());
        }
        Ok(spec)
    }

    fn answer(&mut self, name: &str, words: &[Vec<u8>]) -> Then {
        let mut reply = Reply::new(self.protocol);
        match (name, words) {
            ("ping", []) => reply.simple("PONG"),
            ("ping" | "echo", [word]) => reply.bulk(word),
            ("auth", [password]) => self.log_in(b"default", password, &mut reply),
            ("auth", [user, password]) => self.log_in(user, password, &mut reply),
            ("hello", words) => return self.hello(words),
            ("select", [number]) => {
                let number = str::from_utf8(number).ok();
                match number.map(str::parse::<u64>) {
                    Some(Ok(number)) if number < DATABASES => reply.simple("OK"),
                    Some(Ok(_)) => reply.error("ERR DB index is out of range"),
                    Some(Err(_)) | None => {
                        reply.error("ERR value is not an integer or out of range");
                    }
                }
            }
            ("client", words) => self.client(words, &mut reply),
            ("command", words) => command(words, &mut reply),
            ("multi", []) => {
                if self.queue.is_some() {
                    reply.error("ERR MULTI calls can not be nested");
                } else {
                    self.queue = Some(Queue::default());
                    reply.simple("OK");
                }
            }
            ("discard", []) => match self.queue.take() {
                Some(_) => reply.simple("OK"),
                None => reply.error("ERR DISCARD without MULTI"),
            },
            ("exec", []) => match self.queue.take() {
                Some(queue) if queue.broken => {
                    reply.error("EXECABORT Transaction discarded because of previous errors.");
                }
                Some(queue) => return Then::RunAll(queue.requests),
                None => reply.error("ERR EXEC without MULTI"),
            },
            ("quit", _) => {
                reply.simple("OK");
                return Then::Close(reply.out);
            }
            (_, _) => reply.error(&format!(
                "ERR wrong number of arguments for '{name}' command"
            )),
        }
        Then::Send(reply.out)
    }

    fn log_in(&mut self, user: &[u8], password: &[u8], reply: &mut Reply) {
        match &self.settings.password {
            None => reply.error(NO_PASSWORD),
            Some(ours) if ours.is(password) && user == b"default" => {
                self.authenticated = true;
                reply.simple("OK");
            }
            Some(_) => reply.error(WRONG_PASSWORD),
        }
    }

    /// `HELLO [2|3 [AUTH user password] [SETNAME name]]`.
    fn hello(&mut self, words: &[Vec<u8>]) -> Then {
        let mut reply = Reply::new(self.protocol);
        let (protocol, mut rest) = match words {
            [] => (self.protocol, words),
            [version, rest @ ..] => match version.as_slice() {
                b"2" => (Protocol::Two, rest),
                b"3" => (Protocol::Three, rest),
                _ => {
                    reply.error("NOPROTO unsupported protocol version");
                    return Then::Send(reply.out);
                }
            },
        };
        let mut name = None;
        while let [option, behind @ ..] = rest {
            match (option.to_ascii_lowercase().as_slice(), behind) {
                (b"auth", [user, password, behind @ ..]) => {
                    let mut answer = Reply::new(self.protocol);
                    self.log_in(user, password, &mut answer);
                    if !answer.out.starts_with(b"+") {
                        return Then::Send(answer.out);
                    }
                    rest = behind;
                }
                (b"setname", [wanted, behind @ ..]) if is_name(wanted) => {
                    name = Some(wanted.clone());
                    rest = behind;
                }
                (_, _) => {
                    reply.error("ERR Syntax error in HELLO");
                    return Then::Send(reply.out);
                }
            }
        }
        if !self.authenticated {
            reply.error(
                "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH \
                 <user> <pass> option can be used to authenticate the client and select the RESP protocol version at \
                 the same time",
            );
            return Then::Send(reply.out);
        }
        self.protocol = protocol;
        self.name = name.unwrap_or_else(|| std::mem::take(&mut self.name));
        let mut reply = Reply::new(protocol);
        let version = u64::from(protocol == Protocol::Three) + 2;
        reply.map(7);
        for (field, value) in [("server", "redis"), ("version", COMPATIBLE)] {
            reply.bulk(field.as_bytes());
            reply.bulk(value.as_bytes());
        }
        for (field, value) in [("proto", version), ("id", self.id)] {
            reply.bulk(field.as_bytes());
            reply.whole(value);
        }
        for (field, value) in [("mode", "standalone"), ("role", "master")] {
            reply.bulk(field.as_bytes());
            reply.bulk(value.as_bytes());
        }
        reply.bulk(b"modules");
        reply.array(0);
        Then::Send(reply.out)
    }

    fn client(&mut self, words: &[Vec<u8>], reply: &mut Reply) {
        let Some((what, rest)) = words.split_first() else {
            return reply.error("ERR syntax error");
        };
        match (what.to_ascii_lowercase().as_slice(), rest) {
            (b"setname", [name]) if is_name(name) => {
                self.name.clone_from(name);
                reply.simple("OK");
            }
            (b"setname", [_]) => reply.error(
                "ERR Client names cannot contain spaces, newlines or special characters, and are short",
            ),
            (b"getname", []) if self.name.is_empty() => reply.null(),
            (b"getname", []) => reply.bulk(&self.name),
            (b"id", []) => reply.whole(self.id),
            (b"info" | b"list", _) => {
                let name = String::from_utf8_lossy(&self.name);
                let resp = u64::from(self.protocol == Protocol::Three) + 2;
                let id = self.id;
                reply.text(&format!("id={id} name={name} db=0 resp={resp} user=default\n"));
            }
            (b"setinfo", [_, _]) | (b"no-evict" | b"no-touch", [_]) => reply.simple("OK"),
            (_, _) => reply.error("ERR unknown subcommand or wrong number of arguments of CLIENT"),
        }
    }
}

impl Queue {
    fn put(&mut self, spec: &Spec, request: Request) -> Result<(), &'static str> {
        let bytes: usize = request.iter().map(Vec::len).sum();
        let fits = self.requests.len() < QUEUED_MAX && bytes <= QUEUED_BYTES_MAX - self.bytes;
        if spec.kind == Kind::Session {
            self.broken = true;
            return Err("ERR this command cannot be part of a transaction");
        }
        if !fits {
            self.broken = true;
            return Err("ERR the transaction is too large");
        }
        self.bytes += bytes;
        self.requests.push(request);
        Ok(())
    }
}

fn is_name(name: &[u8]) -> bool {
    name.len() <= NAME_BYTES_MAX && name.iter().all(u8::is_ascii_graphic)
}

/// `COMMAND`, and of its subcommands those that clients ask at their start.
fn command(words: &[Vec<u8>], reply: &mut Reply) {
    let (what, rest) = match words {
        [] => return write_commands(reply, COMMANDS.iter().map(Some)),
        [what, rest @ ..] => (what.to_ascii_lowercase(), rest),
    };
    match (what.as_slice(), rest) {
        (b"count", []) => reply.whole(u64::try_from(COMMANDS.len()).unwrap_or(0)),
        (b"list", []) => {
            reply.array(COMMANDS.len());
            reply.bulks(COMMANDS.iter().map(|spec| spec.name));
        }
        (b"info", []) => write_commands(reply, COMMANDS.iter().map(Some)),
        (b"info", names) => write_commands(reply, names.iter().map(|name| commands::find(name))),
        (b"docs", _) => reply.map(0),
        (_, _) => reply.error("ERR unknown subcommand or wrong number of arguments of COMMAND"),
    }
}

fn write_commands<'a>(reply: &mut Reply, specs: impl ExactSizeIterator<Item = Option<&'a Spec>>) {
    reply.array(specs.len());
    for spec in specs {
        let Some(spec) = spec else {
            reply.null();
            continue;
        };
        reply.array(6);
        reply.bulk(spec.name.as_bytes());
        reply.signed(spec.arity);
        reply.set(1);
        reply.simple(if spec.kind == Kind::Push {
            "write"
        } else {
            "readonly"
        });
        let (first, last) = spec.keys;
        reply.signed(first);
        reply.signed(last);
        reply.signed(i64::from(first != 0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::Names;
    use crate::resp::Password;

    fn session(password: Option<&str>) -> Session {
        let settings = Settings {
            names: Names::default(),
            password: password.and_then(Password::new),
            read_ticker: None,
        };
        Session::new(Rc::new(settings), 7)
    }

    fn said(session: &mut Session, line: &str) -> String {
        let request: Request = line
            .split(' ')
            .map(|word| word.as_bytes().to_vec())
            .collect();
        match session.take(request) {
            Then::Send(bytes) => String::from_utf8(bytes).unwrap(),
            Then::Close(bytes) => format!("{}closed", String::from_utf8(bytes).unwrap()),
            Then::Run(request) => format!("run {}", request.len()),
            Then::RunAll(requests) => format!("all {}", requests.len()),
        }
    }

    #[test]
    fn a_password_is_asked_for() {
        let mut session = session(Some("a secret"));
        for line in ["PING", "GET a", "nonsense", "DEL a", "MULTI"] {
            assert!(said(&mut session, line).starts_with("-NOAUTH"), "{line}");
        }
        for line in [
            "AUTH wrong",
            "AUTH other wrong",
            "HELLO 3 AUTH default wrong",
        ] {
            assert!(said(&mut session, line).starts_with("-WRONGPASS"), "{line}");
        }
        assert!(said(&mut session, "HELLO 3").starts_with("-NOAUTH"));
        assert_eq!(session.protocol(), Protocol::Two);
        let request = ["AUTH", "default", "a secret"].map(|word| word.as_bytes().to_vec());
        assert_eq!(
            session.take(request.to_vec()),
            Then::Send(b"+OK\r\n".to_vec())
        );
        assert_eq!(said(&mut session, "GET a"), "run 2");
        let mut other = self::session(None);
        assert!(said(&mut other, "AUTH a").starts_with("-ERR AUTH"));
    }

    #[test]
    fn writes_are_refused_and_named() {
        let mut session = session(None);
        for (line, expected) in [
            ("SET a b", "-READONLY mockx answers"),
            ("del a", "-READONLY mockx answers"),
            ("HSET tickers:A/B price 1", "-READONLY prices"),
            ("SUBSCRIBE a", "-ERR unknown command 'SUBSCRIBE'"),
            ("GET", "-ERR wrong number of arguments for 'get'"),
            ("SELECT 3", "+OK"),
            ("SELECT 16", "-ERR DB index"),
            ("SELECT x", "-ERR value"),
            ("PING", "+PONG"),
            ("PING a", "$1\r\na"),
            ("PING a b", "-ERR wrong number"),
            ("CLIENT SETNAME me", "+OK"),
            ("CLIENT GETNAME", "$2\r\nme"),
            ("CLIENT ID", ":7"),
            ("CLIENT KILL x", "-ERR unknown sub"),
            ("COMMAND COUNT", ":34"),
            ("COMMAND INFO nonsense", "*1\r\n$-1"),
            ("HELLO 4", "-NOPROTO"),
            ("HELLO 3 AUTH", "-ERR Syntax"),
            ("HELLO 3", "%7\r\n"),
            ("CLIENT GETNAME", "$2\r\nme"),
            ("QUIT", "+OK\r\nclosed"),
            ("POST / HTTP/1.1", "closed"),
            ("Host: a", "closed"),
        ] {
            let answer = said(&mut session, line);
            assert!(answer.starts_with(expected), "{line}: {answer}");
        }
    }

    #[test]
    fn a_transaction_is_queued_and_bounded() {
        let mut session = session(None);
        assert!(said(&mut session, "EXEC").starts_with("-ERR EXEC without"));
        assert_eq!(said(&mut session, "MULTI"), "+OK\r\n");
        assert!(said(&mut session, "MULTI").starts_with("-ERR MULTI calls"));
        assert_eq!(said(&mut session, "GET a"), "+QUEUED\r\n");
        assert_eq!(said(&mut session, "GET b"), "+QUEUED\r\n");
        assert_eq!(said(&mut session, "EXEC"), "all 2");
        said(&mut session, "MULTI");
        assert!(said(&mut session, "nonsense").starts_with("-ERR unknown"));
        assert!(said(&mut session, "EXEC").starts_with("-EXECABORT"));
        said(&mut session, "MULTI");
        assert_eq!(said(&mut session, "DISCARD"), "+OK\r\n");
        said(&mut session, "MULTI");
        for _ in 0..QUEUED_MAX {
            assert_eq!(said(&mut session, "GET a"), "+QUEUED\r\n");
        }
        assert!(said(&mut session, "GET a").starts_with("-ERR the transaction"));
        assert!(said(&mut session, "EXEC").starts_with("-EXECABORT"));
    }
}
