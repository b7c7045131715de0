//! Local AWS: how to start it, how to speak to it, what is deployed on it.

use super::place::Place;
use crate::report::Failure;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::process::Command;

const REGION: &str = "us-east-1";
/// The file that remembers a stack.
const FILE: &str = "stack.json";

/// A running local stack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stack {
    /// Where local AWS listens: `http://127.0.0.1:4566`.
    pub endpoint: String,
    /// The stack's outputs by key.
    #[serde(default)]
    pub outputs: BTreeMap<String, String>,
    /// Where the sandbox listens, if it was started.
    #[serde(default)]
    pub sandbox: Option<String>,
}

impl Stack {
    /// The stack that `up` remembered.
    pub fn load(place: &Place) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(place.path(FILE))
            .map_err(|_| Failure::new("no local stack; `causeway local up` starts one"))?;
        serde_json::from_str(&text)
            .map_err(|error| Failure::new(format!("{}: {error}", place.path(FILE).display())))
    }

    /// Remembers it, and how to reach it from a shell.
    pub fn save(&self, place: &Place) -> Result<(), Failure> {
        place.write(FILE, &serde_json::to_string_pretty(self).map_err(Failure::new)?)?;
        let mut shell = String::from("# source this to reach the local stack with AWS tools\n");
        for (name, value) in self.environment() {
            shell.push_str(&format!("export {name}={value}\n"));
        }
        for (key, value) in &self.outputs {
            if let Some(name) = variable(key) {
                shell.push_str(&format!("export {name}={value}\n"));
            }
        }
        if let Some(sandbox) = &self.sandbox {
            shell.push_str(&format!("export CAUSEWAY_SANDBOX={sandbox}\n"));
        }
        place.write("env", &shell)
    }

    /// An output of the stack.
    pub fn output(&self, key: &str) -> Result<&str, Failure> {
        self.outputs
            .get(key)
            .map(String::as_str)
            .ok_or_else(|| Failure::new(format!("the stack has no output {key}")))
    }

    /// Where webhooks are posted; `/<platform>/<store>` goes behind it.
    pub fn webhook_url(&self) -> Result<String, Failure> {
        let api = self.output("ApiId")?;
        Ok(format!("{}/_aws/execute-api/{api}/$default/webhooks", self.endpoint))
    }

    /// What an AWS tool must find in its environment to reach this stack and nothing else.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_DEFAULT_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ]
    }

    /// A command with that environment, and without anything that could lead to an account.
    pub fn command(&self, place: &Place, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        for name in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE"] {
            command.env_remove(name);
        }
        command
            .current_dir(&place.root)
            .envs(self.environment())
            .env("AWS_SHARED_CREDENTIALS_FILE", place.path("no-credentials"))
            .env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    /// The configuration of SDK clients for this stack. Invented credentials, fixed endpoint.
    pub async fn config(&self) -> SdkConfig {
        aws_config::defaults(BehaviorVersion::latest())
            .http_client(crate::aws::http_client())
            .endpoint_url(&self.endpoint)
            .region(Region::from_static(REGION))
            .credentials_provider(Credentials::new("test", "test", None, None, "local"))
            .load()
            .await
    }
}

/// The functions' variable that an output is the value of: `RowsTable` -> `CAUSEWAY_ROWS_TABLE`.
fn variable(output: &str) -> Option<String> {
    if !output.ends_with("Table") && !output.ends_with("QueueUrl") {
        return None;
    }
    let mut name = String::from("CAUSEWAY");
    for letter in output.chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use causeway_aws::environment as names;

    #[test]
    fn outputs_become_the_variables_that_the_code_reads() {
        assert_eq!(variable("RowsTable").unwrap(), names::ROWS_TABLE);
        assert_eq!(variable("StoresTable").unwrap(), names::STORES_TABLE);
        assert_eq!(variable("OrdersDeadQueueUrl").unwrap(), names::ORDERS_DEAD_QUEUE_URL);
        assert_eq!(variable("ApiId"), None);
    }
}
