//! AWS and the network, as the ports of `causeway-domain`.
//!
//! [`ports`] builds all of them once per process. The variables it reads are the constants
//! in [`environment`]; `template.yaml` sets the same names.

mod cache;
mod clients;
mod clock;
mod endpoints;
pub mod environment;
mod files;
pub mod http;
mod ports;
mod secrets;
mod settings;
pub mod sqs;

pub use clients::Clients;
pub use clock::{SystemClock, random};
pub use environment::{Environment, MissingVariables};
pub use files::Bucket;
pub use http::HttpClient;
pub use ports::{Ports, ports};
pub use secrets::SecretCache;
pub use settings::SettingsTable;
pub use sqs::{Consumer, SqsQueue, deadline, run_sqs};
