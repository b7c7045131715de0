//! `causeway webhook verify`: would this delivery be accepted, and what would it nudge?

use crate::report::{Answer, Failure, Outcome, Show, json};
use bytes::Bytes;
use causeway_domain::{Nudge, Secret, StoreId, Timestamp};
use causeway_platforms::adapter::Malformed;
use causeway_platforms::{
    Adapter, Connection, Problem, RawRequest, Trust, Verification, Verified, adapter,
};
use causeway_processors::{AccountConnection, Processor, processor};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::Read as _;

const VERIFY_HELP: &str = "\
Examples:
  causeway webhook verify --platform shopify --secret @secret.txt \\
      --header \"X-Shopify-Hmac-Sha256: $SIGNATURE\" --header 'X-Shopify-Topic: orders/updated' < body.json
  causeway webhook verify --platform square --secret \"$KEY\" --header \"x-square-hmacsha256-signature: $SIGNATURE\" \\
      --url https://hooks.example.com/webhooks/square/acme < body.json
  causeway webhook verify --platform stripe --secret @secret.txt --header \"Stripe-Signature: $SIGNATURE\" < body.json
Exit code 0: accepted; prints the nudges. 1: refused, or not what the platform sends; says why.
The body is read as it is: `echo` adds a newline that no platform signed.";

/// Verbs of `causeway webhook`.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Check a delivery's signature and print what it nudges. Touches nothing.
    #[command(after_help = VERIFY_HELP)]
    Verify(Args),
}

/// Arguments of `causeway webhook verify`.
#[derive(clap::Args)]
pub struct Args {
    /// shopify, woocommerce, magento, prestashop or square; or a processor: stripe, adyen.
    #[arg(long)]
    platform: String,
    /// The signing secret, or @FILE that holds it (a final newline is taken off). Repeatable: the
    /// current one, then the previous one.
    #[arg(long, value_name = "SECRET|@FILE", required = true)]
    secret: Vec<String>,
    /// The webhook URL exactly as registered on the platform (Square signs it).
    #[arg(long)]
    url: Option<String>,
    /// A header of the delivery. Repeatable.
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// Query string of the delivery, without the question mark.
    #[arg(long, default_value = "")]
    query: String,
    /// Method of the delivery.
    #[arg(long, default_value = "POST")]
    method: Method,
    /// A setting of the store's options table, such as signing=module. Repeatable.
    #[arg(long = "option", value_name = "KEY=VALUE")]
    options: Vec<String>,
    /// A public key that the scheme fetches by URL (Adobe I/O Events). Repeatable.
    #[arg(long = "key", value_name = "URL=@FILE")]
    keys: Vec<String>,
    /// Verify as of this time, for schemes that sign a timestamp: 2026-11-22T10:00:00Z.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// The store's id, as it would stand in the nudges.
    #[arg(long, default_value = "store")]
    store: String,
}

/// Runs one.
pub fn run(verb: Verb, show: Show) -> Outcome {
    match verb {
        Verb::Verify(args) => verify(&args, show),
    }
}

/// Who sends the delivery.
enum Sender {
    Platform(&'static dyn Adapter, Connection),
    Processor(&'static dyn Processor, AccountConnection),
}

impl Sender {
    fn of(args: &Args, store: &StoreId) -> Result<Self, Failure> {
        let options = options(args)?;
        let nowhere = url::Url::parse("https://store.invalid").map_err(Failure::new)?;
        if let Some(adapter) = adapter(&args.platform) {
            let connection = Connection {
                store: store.clone(),
                base_url: nowhere,
                webhook_url: args.url.clone(),
                options,
            };
            return Ok(Self::Platform(adapter, connection));
        }
        let processor = processor(&args.platform).ok_or_else(|| {
            Failure::new(format!("unknown platform {:?}; known are: {}", args.platform, known()))
        })?;
        let connection = AccountConnection { account: store.clone(), base_url: nowhere, options };
        Ok(Self::Processor(processor, connection))
    }

    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Platform(adapter, connection) => adapter.check(connection),
            Self::Processor(processor, connection) => processor.check(connection),
        }
    }

    fn verify(
        &self,
        request: RawRequest,
        secrets: &[Secret],
        keys: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Verification {
        match self {
            Self::Platform(adapter, connection) => {
                adapter.verify(request, &Trust { connection, secrets, keys, now })
            }
            Self::Processor(processor, connection) => {
                processor.verify(request, &Trust { connection, secrets, keys, now })
            }
        }
    }

    fn nudges(
        &self,
        store: &StoreId,
        delivery: &Verified<RawRequest>,
    ) -> Result<Vec<Nudge>, Malformed> {
        match self {
            Self::Platform(adapter, _) => adapter.nudges(store, delivery),
            Self::Processor(processor, _) => processor.events(store, delivery),
        }
    }
}

fn verify(args: &Args, show: Show) -> Outcome {
    let store = StoreId::parse(&args.store)
        .map_err(|_| Failure::new("a store id is 1 to 40 of a-z, 0-9 and -"))?;
    let sender = Sender::of(args, &store)?;
    let problems = sender.problems();
    if !problems.is_empty() {
        let list: Vec<String> =
            problems.iter().map(|problem| format!("{}: {}", problem.path, problem.text)).collect();
        return Err(Failure::new(list.join("; ")));
    }
    let now = args.at.unwrap_or_else(Timestamp::now);
    let request = request(args, now)?;
    let secrets: Vec<Secret> =
        args.secret.iter().map(|text| secret(text)).collect::<Result<_, _>>()?;
    let keys: BTreeMap<String, String> =
        args.keys.iter().map(|text| key(text)).collect::<Result<_, _>>()?;
    answer(&sender, &store, sender.verify(request, &secrets, &keys, now), show)
}

fn answer(sender: &Sender, store: &StoreId, verification: Verification, show: Show) -> Outcome {
    match verification {
        Verification::Accepted(delivery) => match sender.nudges(store, &delivery) {
            Ok(nudges) => accepted(&nudges, show),
            Err(malformed) => refused("malformed", &malformed.to_string(), show),
        },
        Verification::Hello(body) => {
            match show {
                Show::Json => {
                    json(&serde_json::json!({ "accepted": true, "hello": body, "nudges": [] }))?
                }
                Show::Text => println!("accepted: the platform only asks whether we are here"),
            }
            Ok(Answer::Yes)
        }
        Verification::NeedsKey(url) => {
            let text =
                format!("needs the public key at {url}; fetch it and give it as --key {url}=@FILE");
            refused("needs_key", &text, show)
        }
        Verification::Refused(refusal) => refused("refused", &refusal.to_string(), show),
    }
}

fn accepted(nudges: &[Nudge], show: Show) -> Outcome {
    match show {
        Show::Json => json(&serde_json::json!({ "accepted": true, "nudges": nudges }))?,
        Show::Text if nudges.is_empty() => println!("accepted: understood, nothing to do"),
        Show::Text => json(&nudges)?,
    }
    Ok(Answer::Yes)
}

fn refused(class: &str, reason: &str, show: Show) -> Outcome {
    match show {
        Show::Json => {
            json(&serde_json::json!({ "accepted": false, "class": class, "reason": reason }))?
        }
        Show::Text => println!("not accepted: {reason}"),
    }
    Ok(Answer::No)
}

fn known() -> String {
    let platforms = causeway_platforms::registry::ADAPTERS.iter().map(|adapter| adapter.id());
    let processors = causeway_processors::registry::PROCESSORS.iter().map(|one| one.id());
    platforms.chain(processors).collect::<Vec<&str>>().join(", ")
}

fn options(args: &Args) -> Result<Map<String, Value>, Failure> {
    let mut options = Map::new();
    for option in &args.options {
        let (key, value) = option
            .split_once('=')
            .ok_or_else(|| Failure::new(format!("--option {option}: want KEY=VALUE")))?;
        // `tolerance=300` is a number, `signing=module` a text.
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        options.insert(key.trim().to_owned(), value);
    }
    Ok(options)
}

fn request(args: &Args, now: Timestamp) -> Result<RawRequest, Failure> {
    let mut body = Vec::new();
    std::io::stdin()
        .read_to_end(&mut body)
        .map_err(|error| Failure::new(format!("reading the body from standard input: {error}")))?;
    Ok(RawRequest {
        method: args.method.clone(),
        query: args.query.clone(),
        headers: headers(&args.headers)?,
        body: Bytes::from(body),
        received_at: now,
    })
}

fn headers(given: &[String]) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for text in given {
        let wrong = || Failure::new(format!("--header {text:?}: want 'Name: value'"));
        let (name, value) = text.split_once(':').ok_or_else(wrong)?;
        let name = HeaderName::try_from(name.trim()).map_err(|_| wrong())?;
        let value = HeaderValue::try_from(value.trim()).map_err(|_| wrong())?;
        headers.append(name, value);
    }
    Ok(headers)
}

fn secret(text: &str) -> Result<Secret, Failure> {
    Ok(Secret::new(match text.strip_prefix('@') {
        Some(file) => file_text(file)?.trim_end_matches(['\r', '\n']).to_owned(),
        None => text.to_owned(),
    }))
}

fn key(text: &str) -> Result<(String, String), Failure> {
    // The URL may hold `=` itself; the file part is the last `=@`.
    let (url, file) = text
        .rsplit_once("=@")
        .ok_or_else(|| Failure::new(format!("--key {text}: want URL=@FILE")))?;
    Ok((url.to_owned(), file_text(file)?))
}

fn file_text(file: &str) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| Failure::new(format!("{file}: {error}")))
}
