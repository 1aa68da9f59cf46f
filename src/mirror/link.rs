//! The connection to the server. Every call has a time-out, and a connection on which one failed is given up.

use std::time::Duration;

use redis::{
    Client, Cmd, Connection, ConnectionInfo, IntoConnectionInfo as _, RedisConnectionInfo,
    RedisError, RedisResult, Value,
};

use crate::archive::Unreadable;

/// To connect, name resolution left out, and to be known to the server.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// For an answer, and to send a command.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Commands that are sent before their answers are read.
const PIPELINE_MAX: usize = 2000;
/// What the server tells of a transaction of which it refused a part before.
const DISCARDED: &str = "EXECABORT";

/// There is no such server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the address of the mirror cannot be used: {0}")]
pub struct BadServer(String);

/// Why the mirror cannot go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// In the server's words, or those of the system.
    Server(String),
    /// The archive cannot be read.
    Archive(String),
    /// Something was dropped from the queue.
    Lost,
    /// The daemon is stopping.
    End,
}

impl From<Unreadable> for Trouble {
    fn from(why: Unreadable) -> Trouble {
        Trouble::Archive(why.to_string())
    }
}

impl From<RedisError> for Trouble {
    /// Without the library's own name for the kind of error.
    fn from(why: RedisError) -> Trouble {
        if why.is_timeout() {
            return Trouble::Server("no answer in time".to_owned());
        }
        Trouble::Server(match (why.code(), why.detail()) {
            (Some(code), Some(detail)) => format!("{code} {detail}"),
            (None, _) | (_, None) => why.to_string(),
        })
    }
}

/// Where the server is, and who asks.
#[derive(Clone)]
pub(super) struct Server(ConnectionInfo);

impl Server {
    /// Checks the address; nothing is sent there yet.
    pub(super) fn new(url: &str, password: Option<&str>) -> Result<Server, BadServer> {
        let server = url.into_connection_info();
        let mut server = server.map_err(|why| BadServer(why.to_string()))?;
        let account = server.redis_settings();
        if let (Some(password), None) = (password, account.password()) {
            let account = account.clone().set_password(password);
            server = server.set_redis_settings(account);
        }
        Ok(Server(server))
    }

    /// Its address and the number of the database, without secrets.
    pub(super) fn shown(&self) -> String {
        format!("{}/{}", self.0.addr(), self.0.redis_settings().db())
    }
}

/// A connection.
pub(super) struct Link(Connection);

impl Link {
    /// Connects, and then says who asks: the library would keep the server's words about a wrong password to itself.
    pub(super) fn open(server: &Server) -> Result<Link, Trouble> {
        let account = server.0.redis_settings();
        let nobody = RedisConnectionInfo::default().set_skip_set_lib_name();
        let client = Client::open(server.0.clone().set_redis_settings(nobody))?;
        let connection = client.get_connection_with_timeout(CONNECT_TIMEOUT)?;
        connection.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        connection.set_write_timeout(Some(ANSWER_TIMEOUT))?;
        let mut link = Link(connection);
        if let Some(password) = account.password() {
            let mut command = redis::cmd("AUTH");
            if let Some(name) = account.username() {
                command.arg(name);
            }
            link.ask::<()>(command.arg(password))?;
        }
        if account.db() != 0 {
            link.ask::<()>(redis::cmd("SELECT").arg(account.db()))?;
        }
        Ok(link)
    }

    /// One question.
    pub(super) fn ask<T: redis::FromRedisValue>(&mut self, question: &Cmd) -> Result<T, Trouble> {
        Ok(question.query(&mut self.0)?)
    }

    /// Whether the server is there.
    pub(super) fn ping(&mut self) -> Result<(), Trouble> {
        self.ask::<Value>(&redis::cmd("PING")).map(drop)
    }

    /// Many questions at once; `names` says in an error which one it was.
    pub(super) fn ask_all<T: redis::FromRedisValue>(
        &mut self,
        questions: &[Cmd],
        names: impl Fn(usize) -> String,
    ) -> Result<Vec<T>, Trouble> {
        let mut answers = Vec::with_capacity(questions.len());
        for questions in questions.chunks(PIPELINE_MAX) {
            for answer in self.send(questions)? {
                let number = answers.len();
                let answer = answer.and_then(|value| Ok(redis::from_redis_value::<T>(value)?));
                answers.push(answer.map_err(|why| named(&names(number), Trouble::from(why)))?);
            }
        }
        Ok(answers)
    }

    /// Carries out transactions, one after the other, each whole or not at all.
    pub(super) fn transactions(
        &mut self,
        transactions: impl IntoIterator<Item = Vec<Cmd>>,
    ) -> Result<(), Trouble> {
        let mut commands = Vec::new();
        for transaction in transactions {
            if transaction.is_empty() {
                continue;
            }
            commands.push(redis::cmd("MULTI"));
            commands.extend(transaction);
            commands.push(redis::cmd("EXEC"));
            if commands.len() >= PIPELINE_MAX {
                self.carry_out(&std::mem::take(&mut commands))?;
            }
        }
        self.carry_out(&commands)
    }

    fn carry_out(&mut self, commands: &[Cmd]) -> Result<(), Trouble> {
        if commands.is_empty() {
            return Ok(());
        }
        let mut discarded = None;
        for answer in self.send(commands)? {
            // What failed inside of a transaction stands in the answer to its end.
            match answer {
                Ok(Value::Nil) => {
                    return Err(Trouble::Server(
                        "a transaction was not carried out".to_owned(),
                    ));
                }
                Ok(_) => {}
                // The reason is in another answer.
                Err(why) if why.code() == Some(DISCARDED) => discarded = Some(why),
                Err(why) => return Err(why.into()),
            }
        }
        discarded.map_or(Ok(()), |why| Err(why.into()))
    }

    /// The answers to commands that are sent together. The library's own way would wait for each answer in turn, however
    /// many are overdue already.
    fn send(&mut self, commands: &[Cmd]) -> RedisResult<Vec<RedisResult<Value>>> {
        let mut packed = Vec::new();
        for command in commands {
            command.write_packed_command(&mut packed);
        }
        self.0.send_packed_command(&packed)?;
        let answers = commands.iter().map(|_| self.0.recv_response());
        answers
            .map(|answer| answer.map(Value::extract_error))
            .collect()
    }
}

fn named(name: &str, why: Trouble) -> Trouble {
    match why {
        Trouble::Server(words) => Trouble::Server(format!("{name}: {words}")),
        Trouble::Archive(_) | Trouble::Lost | Trouble::End => why,
    }
}
