//! All ports of one process.

use crate::clients::Clients;
use crate::clock::SystemClock;
use crate::environment::{Environment, MissingVariables};
use crate::http::HttpClient;
use crate::secrets::SecretCache;
use crate::settings::SettingsTable;
use crate::sqs::{Consumer, SqsQueue};
use causeway_domain::ports::QueueRole;
use causeway_ledger::dynamodb::DynamoLedger;

/// Everything a use case may touch, on AWS.
#[derive(Debug)]
pub struct Ports {
    /// Sends requests to platforms and Odoo.
    pub http: HttpClient,
    /// Our queues.
    pub queue: SqsQueue,
    /// Secrets Manager, cached.
    pub secrets: SecretCache<SystemClock>,
    /// The table of store configurations, cached.
    pub settings: SettingsTable<SystemClock>,
    /// The ledger.
    pub ledger: DynamoLedger,
    /// The time.
    pub clock: SystemClock,
}

impl Ports {
    /// The ports that the environment describes.
    pub async fn from_env() -> Result<Self, MissingVariables> {
        Ok(Self::new(&Clients::from_env().await, Environment::read()?))
    }

    /// The ports over these clients.
    pub fn new(clients: &Clients, environment: Environment) -> Self {
        Self {
            http: HttpClient::new(environment.allow_http),
            queue: SqsQueue::new(clients.sqs.clone(), environment.queues),
            secrets: SecretCache::new(clients.secrets.clone(), SystemClock),
            settings: SettingsTable::new(
                clients.dynamodb.clone(),
                environment.stores_table,
                SystemClock,
            ),
            ledger: DynamoLedger::new(clients.dynamodb.clone(), environment.tables),
            clock: SystemClock,
        }
    }

    /// The consumer of the order queue, for [`crate::run_sqs`].
    pub fn orders_consumer(&self) -> Consumer {
        Consumer::new(self.queue.clone(), QueueRole::Orders, QueueRole::OrdersDead)
    }
}
