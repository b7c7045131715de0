//! All ports of one process.

use crate::clients::Clients;
use crate::clock::SystemClock;
use crate::environment::{Environment, MissingVariables};
use crate::http::HttpClient;
use crate::secrets::SecretCache;
use crate::settings::SettingsTable;
use crate::sqs::SqsQueue;
use causeway_ledger::dynamodb::DynamoLedger;

/// Everything a use case may touch, on AWS. Secrets and store configurations are cached.
pub type Ports = causeway_domain::ports::Ports<
    HttpClient,
    SqsQueue,
    SecretCache<SystemClock>,
    SettingsTable<SystemClock>,
    DynamoLedger,
    SystemClock,
>;

/// The ports that the environment describes.
pub async fn ports() -> Result<Ports, MissingVariables> {
    let clients = Clients::from_env();
    let environment = Environment::read()?;
    Ok(Ports {
        http: HttpClient::new(environment.allow_http),
        queue: clients.queue(environment.queues),
        ledger: clients.ledger(environment.tables),
        secrets: SecretCache::new(clients.secrets, SystemClock),
        settings: SettingsTable::new(clients.dynamodb, environment.stores_table, SystemClock),
        clock: SystemClock,
    })
}
