//! Tables, the bucket of files and the API.

use super::*;

#[test]
fn tables_are_on_demand_encrypted_recoverable_and_forget_what_expires() {
    let template = Template::read();
    let tables = template.of_type("AWS::DynamoDB::Table");
    let expected = ["AttentionTable", "EventsTable", "LinksTable", "RowsTable", "StoresTable"];
    assert_eq!(tables.keys().copied().collect::<Vec<_>>(), expected);
    for (name, table) in &tables {
        assert_eq!(text(table, "BillingMode"), "PAY_PER_REQUEST", "{name}");
        let on = |path: &str| at(table, path).and_then(Value::as_bool);
        assert_eq!(on("SSESpecification/SSEEnabled"), Some(true), "{name}");
        let recovery = "PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled";
        assert_eq!(on(recovery), Some(true), "{name}");
        let key = list(&table["KeySchema"]);
        let hash = if *name == "StoresTable" { "store" } else { "pk" };
        assert_eq!((key.len(), text(key[0], "AttributeName")), (1, hash), "{name}");
        let expires = at(table, "TimeToLiveSpecification/AttributeName").and_then(Value::as_str);
        let forgets = matches!(*name, "AttentionTable" | "EventsTable");
        assert_eq!(expires, forgets.then_some("expires"), "{name}");
    }
    let index = list(&tables["RowsTable"]["GlobalSecondaryIndexes"])[0];
    assert_eq!(text(index, "IndexName"), causeway_ledger::dynamodb::DUE_INDEX);
}

/// The bucket of settlement files is encrypted, closed to the public, and named alike everywhere: the role
/// and the variable cannot refer to it, because it refers to the function.
#[test]
fn the_bucket_of_files_is_closed_and_invokes_the_import() {
    let template = Template::read();
    let buckets = template.of_type("AWS::S3::Bucket");
    let bucket = buckets["SettlementsBucket"];
    let name = text(bucket, "BucketName");
    let encryption =
        list(at(bucket, "BucketEncryption/ServerSideEncryptionConfiguration").unwrap());
    assert_eq!(text(encryption[0], "ServerSideEncryptionByDefault/SSEAlgorithm"), "AES256");
    let block = at(bucket, "PublicAccessBlockConfiguration").and_then(Value::as_mapping).unwrap();
    assert!(block.len() == 4 && block.values().all(|on| on.as_bool() == Some(true)));
    let invoked = list(at(bucket, "NotificationConfiguration/LambdaConfigurations").unwrap());
    assert_eq!(resource_name(&invoked[0]["Function"]), "SettlementImportFunction");
    let permission = template.of_type("AWS::Lambda::Permission")["SettlementsBucketPermission"];
    let arn = format!("arn:${{AWS::Partition}}:s3:::{name}");
    assert_eq!(text(permission, "SourceArn"), arn);
    assert!(permission.get("SourceAccount").is_some());
    let variables = at(&template.whole, "Globals/Function/Environment/Variables").unwrap();
    assert_eq!(text(variables, "CAUSEWAY_SETTLEMENTS_BUCKET"), name);
    let files = format!("{arn}/*");
    let grants = template.statements("settlement-import");
    assert!(grants.iter().any(|grant| bare(&grant["Resource"]).as_str() == Some(files.as_str())));
}

#[test]
fn the_api_throttles_and_its_log_holds_no_query_and_no_address() {
    let template = Template::read();
    let stage = template.of_type("AWS::ApiGatewayV2::Stage")["ApiStage"];
    assert!(number(stage, "DefaultRouteSettings/ThrottlingRateLimit") > 0);
    assert!(number(stage, "DefaultRouteSettings/ThrottlingBurstLimit") > 0);
    let format = text(stage, "AccessLogSettings/Format");
    for leak in ["query", "sourceIp", "authorizer", "header"] {
        assert!(!format.to_lowercase().contains(&leak.to_lowercase()), "{leak}");
    }
    let routes: BTreeSet<&str> = template
        .of_type("AWS::ApiGatewayV2::Route")
        .values()
        .map(|route| text(route, "RouteKey"))
        .collect();
    let path = "/webhooks/{platform}/{store}";
    assert_eq!(
        routes,
        [&format!("GET {path}"), &format!("POST {path}")].map(String::as_str).into()
    );
}
