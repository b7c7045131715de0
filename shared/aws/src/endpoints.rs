//! Where DynamoDB and SQS are, by the rules that their SDKs bring: every partition has its own.

use aws_sdk_dynamodb::config::endpoint as dynamodb_rules;
use aws_sdk_sqs::config::endpoint as sqs_rules;
use aws_types::SdkConfig;
use dynamodb_rules::ResolveEndpoint as _;
use futures::FutureExt as _;
use sqs_rules::ResolveEndpoint as _;
use url::Url;

/// DynamoDB of a configuration; `None` without a region.
pub(crate) fn dynamodb(config: &SdkConfig) -> Option<Url> {
    let region = config.region().map(ToString::to_string);
    let named = config.endpoint_url().map(str::to_owned);
    let place = dynamodb_rules::Params::builder().set_region(region).set_endpoint(named);
    let place = place.build().ok()?;
    let resolver = dynamodb_rules::DefaultResolver::new();
    Url::parse(resolver.resolve_endpoint(&place).now_or_never()?.ok()?.url()).ok()
}

/// SQS of a configuration; `None` without a region.
pub(crate) fn sqs(config: &SdkConfig) -> Option<Url> {
    let region = config.region().map(ToString::to_string);
    let named = config.endpoint_url().map(str::to_owned);
    let place = sqs_rules::Params::builder().set_region(region).set_endpoint(named);
    let place = place.build().ok()?;
    let resolver = sqs_rules::DefaultResolver::new();
    Url::parse(resolver.resolve_endpoint(&place).now_or_never()?.ok()?.url()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_types::region::Region;

    #[test]
    fn every_partition_has_its_own_and_a_local_aws_is_where_it_says() {
        let of = |region: &'static str| SdkConfig::builder().region(Region::new(region)).build();
        let text = |url: Option<Url>| url.map(String::from).unwrap_or_default();
        let cases = [("eu-central-1", "amazonaws.com"), ("cn-north-1", "amazonaws.com.cn")];
        for (region, suffix) in cases {
            let config = of(region);
            assert_eq!(text(dynamodb(&config)), format!("https://dynamodb.{region}.{suffix}/"));
            assert_eq!(text(sqs(&config)), format!("https://sqs.{region}.{suffix}/"));
        }
        let local = "http://127.0.0.1:4566";
        let config = of("us-east-1").into_builder().endpoint_url(local).build();
        assert_eq!(text(dynamodb(&config)), format!("{local}/"));
        assert_eq!(text(sqs(&config)), format!("{local}/"));
        assert_eq!(dynamodb(&SdkConfig::builder().build()), None);
        assert_eq!(sqs(&SdkConfig::builder().build()), None);
    }
}
