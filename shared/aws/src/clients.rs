//! The AWS clients, over one HTTP client.

use crate::endpoints;
use crate::sqs::SqsQueue;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, SharedHttpClient,
    StalledStreamProtectionConfig,
};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_types::SdkConfig;
use causeway_aws_json::{ALL_TRIES, AwsJson, CONNECT, Connections, ONE_TRY, TRIES};
use causeway_domain::ports::QueueRole;
use causeway_ledger::dynamodb::{DynamoLedger, Tables};
use std::collections::HashMap;
use std::sync::Arc;

/// DynamoDB, SQS and Secrets Manager. Clones share connections and TLS configuration: parsing the
/// root certificates once costs 5 to 8 ms already.
#[derive(Clone, Debug)]
pub struct Clients {
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// Secrets Manager.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// DynamoDB without the SDK, for event ids.
    dynamodb_json: Arc<AwsJson>,
    /// SQS without the SDK, for what is sent.
    sqs_json: Arc<AwsJson>,
}

impl Clients {
    /// Clients of what the process environment says.
    pub fn from_env() -> Self {
        Self::new(&Self::config())
    }

    /// What the variables say that Lambda sets (AWS Lambda, "Defined runtime environment variables"):
    /// region and credentials; and `AWS_ENDPOINT_URL` for a local AWS. Without region or credentials
    /// every call fails and says so.
    ///
    /// Nothing else is looked at: profiles, role assumption and the like are never used in a function,
    /// and make each one bigger. Who has a profile makes the configuration with `aws-config`.
    pub fn config() -> SdkConfig {
        configuration(|name| std::env::var(name).ok())
    }

    /// Clients of one configuration, with our timeouts and number of tries.
    pub fn new(config: &SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(ONE_TRY)
            .operation_timeout(ALL_TRIES)
            .build();
        let retries = RetryConfig::standard().with_max_attempts(TRIES);
        // Nothing here is a stream that could stall: the time of a try is limit enough.
        let connections = Connections::default();
        let (tables, queues) = (endpoints::dynamodb(config), endpoints::sqs(config));
        let json = |service, prefix, endpoint| {
            Arc::new(AwsJson::new(config, service, prefix, endpoint, connections.clone()))
        };
        let dynamodb_json = json("dynamodb", "DynamoDB_20120810", tables);
        let sqs_json = json("sqs", "AmazonSQS", queues);
        let config = &config
            .to_builder()
            .timeout_config(timeouts)
            .retry_config(retries)
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
            secrets: aws_sdk_secretsmanager::Client::new(config),
            dynamodb_json,
            sqs_json,
        }
    }

    /// The ledger in these tables.
    pub fn ledger(&self, tables: Tables) -> DynamoLedger {
        DynamoLedger::new(self.dynamodb.clone(), Arc::clone(&self.dynamodb_json), tables)
    }

    /// Our queues by their URLs.
    pub fn queue(&self, urls: HashMap<QueueRole, String>) -> SqsQueue {
        SqsQueue::new(self.sqs.clone(), Arc::clone(&self.sqs_json), urls)
    }
}

fn configuration(read: impl Fn(&str) -> Option<String>) -> SdkConfig {
    let read = |name| read(name).filter(|value| !value.is_empty());
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client())
        .region(read("AWS_REGION").or_else(|| read("AWS_DEFAULT_REGION")).map(Region::new));
    config.set_endpoint_url(read("AWS_ENDPOINT_URL"));
    if let (Some(id), Some(key)) = (read("AWS_ACCESS_KEY_ID"), read("AWS_SECRET_ACCESS_KEY")) {
        let credentials = Credentials::new(id, key, read("AWS_SESSION_TOKEN"), None, "environment");
        config = config.credentials_provider(SharedCredentialsProvider::new(credentials));
    }
    config.build()
}

fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(variables: &[(&str, &str)]) -> SdkConfig {
        let value = |name: &str| variables.iter().find(|(known, _)| *known == name);
        configuration(|name| value(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn what_lambda_sets_is_a_configuration() {
        let config = of(&[
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "key"),
            ("AWS_SESSION_TOKEN", "token"),
        ]);
        assert_eq!(config.region().unwrap().as_ref(), "eu-central-1");
        assert_eq!(config.endpoint_url(), None);
        assert!(config.credentials_provider().is_some());
    }

    #[test]
    fn a_local_aws_is_named_by_its_url_and_empty_is_not_set() {
        let config = of(&[
            ("AWS_REGION", ""),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
            ("AWS_ACCESS_KEY_ID", "id"),
        ]);
        assert_eq!(config.region().unwrap().as_ref(), "us-east-1");
        assert_eq!(config.endpoint_url(), Some("http://127.0.0.1:4566"));
        assert!(config.credentials_provider().is_none());
    }
}
