//! The ledger on a DynamoDB: the same suite that the ledger in memory passes.

use crate::local_aws::{clients, unique};
use causeway_ledger::dynamodb::{Tables, create_tables};

/// R62, R166. Exactly one worker per subject and no lost nudge, by conditional writes.
#[tokio::test]
#[ignore = "needs a local AWS at AWS_ENDPOINT_URL; `make test` starts one"]
async fn the_dynamodb_ledger_behaves_as_every_ledger_must() {
    let clients = clients().await;
    let name = |table: &str| format!("{}-{table}", unique("ledger"));
    let tables = Tables {
        rows: name("rows"),
        events: name("events"),
        links: name("links"),
        attention: name("attention"),
    };
    create_tables(&clients.dynamodb, &tables).await.unwrap();
    create_tables(&clients.dynamodb, &tables).await.expect("existing tables are left alone");
    causeway_ledger::suite::run_all(&clients.ledger(tables)).await;
}
