//! The options table of a store, read key by key so that every problem is reported at once.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::adapter::{Connection, Problem};
use crate::{options, status};

/// How deliveries are signed (C10: there is no single Magento scheme).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Signing {
    /// Adobe I/O Events: RSA over the raw body with keys that Adobe publishes.
    IoEvents {
        /// Must equal `recipient_client_id` in the body: Adobe signs for all its customers alike.
        client_id: String,
    },
    /// Adobe Commerce webhooks: RSA over the base64 of the body; the store's own key.
    CommerceWebhook,
    /// A third-party module: HMAC-SHA256 over the raw body (R253).
    ModuleHmac {
        /// The header that carries the signature.
        header: http::HeaderName,
        /// How it is written.
        encoding: Encoding,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Encoding {
    Hex,
    Base64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Auth {
    Oauth1,
    Bearer,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    IoEvents,
    CommerceWebhook,
    ModuleHmac,
}

/// All options.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) signing: Signing,
    pub(super) store_code: String,
    pub(super) auth: Auth,
    /// `None`: inferred from each order.
    pub(super) prices_include_tax: Option<bool>,
}

const KEYS: &[&str] = &[
    "signing",
    "client_id",
    "signature_header",
    "encoding",
    "store_code",
    "auth",
    "prices_include_tax",
    status::OPTION,
];

/// Every problem of the options and the base URL.
pub(super) fn check(connection: &Connection) -> Vec<Problem> {
    let base = &connection.base_url;
    let (auth, mut problems) = match read(&connection.options) {
        Ok(options) => (Some(options.auth), Vec::new()),
        Err(problems) => (None, problems),
    };
    problems.extend(options::base_url_problems(base, "/rest"));
    if auth == Some(Auth::Bearer) && options::clear_text(base) {
        problems.push(Problem {
            path: "options.auth".to_owned(),
            text:
                "a bearer token over plain HTTP would be readable: use https, or auth = \"oauth1\""
                    .to_owned(),
        });
    }
    problems
}

/// The options, or every problem with them.
pub(super) fn read(table: &Map<String, Value>) -> Result<Options, Vec<Problem>> {
    let mut reader = Reader { table, problems: status::check(table) };
    reader.unknown_keys();
    let signing = reader.signing();
    let store_code =
        reader.value("store_code", "a store view code").unwrap_or_else(|| "default".to_owned());
    let fits = store_code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !fits || store_code.is_empty() {
        reader.problem("store_code", "must be letters, digits and underscores");
    }
    let auth = reader.value("auth", "oauth1 or bearer").unwrap_or(Auth::Oauth1);
    let prices_include_tax = reader.value("prices_include_tax", "true or false");
    match signing {
        Some(signing) if reader.problems.is_empty() => {
            Ok(Options { signing, store_code, auth, prices_include_tax })
        }
        Some(_) | None => Err(reader.problems),
    }
}

struct Reader<'a> {
    table: &'a Map<String, Value>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, key: &str, text: &str) {
        self.problems.push(Problem { path: format!("options.{key}"), text: text.to_owned() });
    }

    fn unknown_keys(&mut self) {
        let table = self.table;
        for key in table.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            self.problem(key, &format!("is not an option of magento; known: {}", KEYS.join(", ")));
        }
    }

    fn value<T: DeserializeOwned>(&mut self, key: &str, wanted: &str) -> Option<T> {
        let value = self.table.get(key)?;
        let read = serde_json::from_value(value.clone()).ok();
        if read.is_none() {
            self.problem(key, &format!("must be {wanted}"));
        }
        read
    }

    fn signing(&mut self) -> Option<Signing> {
        const MODES: &str = "io-events, commerce-webhook or module-hmac";
        if !self.table.contains_key("signing") {
            self.problem("signing", &format!("is missing; must be {MODES}"));
        }
        let mode: Mode = self.value("signing", MODES)?;
        if mode != Mode::IoEvents {
            self.unused("client_id", "io-events");
        }
        if mode != Mode::ModuleHmac {
            self.unused("signature_header", "module-hmac");
            self.unused("encoding", "module-hmac");
        }
        match mode {
            Mode::IoEvents => self.client_id().map(|client_id| Signing::IoEvents { client_id }),
            Mode::CommerceWebhook => Some(Signing::CommerceWebhook),
            Mode::ModuleHmac => self.module(),
        }
    }

    fn unused(&mut self, key: &str, mode: &str) {
        if self.table.contains_key(key) {
            self.problem(key, &format!("is only for signing = {mode}"));
        }
    }

    fn client_id(&mut self) -> Option<String> {
        const WANTED: &str = "the client id of the Adobe Developer project that owns the events";
        match self.value::<String>("client_id", WANTED) {
            Some(text) if !text.trim().is_empty() => Some(text),
            Some(_) => {
                self.problem("client_id", &format!("must be {WANTED}"));
                None
            }
            None => {
                if !self.table.contains_key("client_id") {
                    self.problem("client_id", &format!("is missing; must be {WANTED}"));
                }
                None
            }
        }
    }

    fn module(&mut self) -> Option<Signing> {
        let name = self
            .value("signature_header", "a header name")
            .unwrap_or_else(|| "X-Magento-Signature".to_owned());
        let encoding = self.value("encoding", "hex or base64").unwrap_or(Encoding::Hex);
        match http::HeaderName::try_from(name) {
            Ok(header) => Some(Signing::ModuleHmac { header, encoding }),
            Err(_) => {
                self.problem("signature_header", "must be a header name");
                None
            }
        }
    }
}
