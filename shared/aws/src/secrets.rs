//! Secrets Manager, cached.

use crate::cache::{Cache, Policy};
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use causeway_domain::ports::{Clock, Freshness, SecretPair, Secrets};
use causeway_domain::{Fault, Secret, WaitKey};
use std::time::Duration;

const POLICY: Policy = Policy {
    fresh: Duration::from_secs(5 * 60),
    fresh_absent: Duration::from_secs(10),
    stale_on_error: Duration::from_secs(15 * 60),
    pause_on_error: Duration::from_secs(5),
    refetch_every: Duration::from_secs(60),
    capacity: 1024,
};

/// Secrets by name, current and previous version, kept for five minutes. During an outage of Secrets
/// Manager a known secret serves for fifteen.
#[derive(Debug)]
pub struct SecretCache<C> {
    client: Client,
    clock: C,
    cache: Cache<SecretPair>,
}

impl<C: Clock> SecretCache<C> {
    /// An empty cache.
    pub fn new(client: Client, clock: C) -> Self {
        Self { client, clock, cache: Cache::new(POLICY) }
    }

    async fn fetch(&self, name: &str) -> Result<Option<SecretPair>, Fault> {
        let (current, previous) = futures::future::try_join(
            self.version(name, "AWSCURRENT"),
            self.version(name, "AWSPREVIOUS"),
        )
        .await?;
        Ok(current.map(|current| SecretPair { current, previous }))
    }

    /// One version of the secret; `None` if there is no such secret or version.
    async fn version(&self, name: &str, stage: &str) -> Result<Option<Secret>, Fault> {
        let request = self.client.get_secret_value().secret_id(name).version_stage(stage);
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) if absent(&error) => return Ok(None),
            Err(error) => {
                let code = error.code().unwrap_or("no answer");
                return Err(Fault::retry(format!("Secrets Manager: {code} for secret {name}")));
            }
        };
        let binary =
            || answer.secret_binary.and_then(|blob| String::from_utf8(blob.into_inner()).ok());
        Ok(answer.secret_string.or_else(binary).map(Secret::new))
    }
}

/// No such secret or version, or one that is marked for deletion.
fn absent(error: &SdkError<GetSecretValueError>) -> bool {
    error.as_service_error().is_some_and(|error| {
        error.is_resource_not_found_exception() || error.is_invalid_request_exception()
    })
}

impl<C: Clock> Secrets for SecretCache<C> {
    /// A secret that does not exist is [`Fault::Wait`] for `credentials:<name>`.
    async fn get(&self, name: &str, freshness: Freshness) -> Result<SecretPair, Fault> {
        let now = self.clock.now();
        let found = self.cache.get(name, now, freshness, || self.fetch(name)).await?;
        found.ok_or_else(|| Fault::Wait {
            key: WaitKey::other(format!("credentials:{name}")),
            cause: format!(
                "secret {name} does not exist or has no value; create it in Secrets Manager"
            ),
        })
    }
}
