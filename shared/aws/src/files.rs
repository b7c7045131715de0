//! The bucket of settlement files. One object is read with one signed GET: the S3 client would double the
//! package for it.

use crate::clients::Clients;
use crate::environment::{MissingVariables, SETTLEMENTS_BUCKET};
use crate::http::HttpClient;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_types::SdkConfig;
use bytes::Bytes;
use causeway_domain::Fault;
use causeway_domain::ports::{Call, Effect, Files, Http as _};
use http::{Request, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::time::{Duration, SystemTime};

const NAME: &str = "settlement file";

/// Everything but what stands in a key as it is, and the slash.
const IN_A_KEY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Objects of one bucket.
#[derive(Debug)]
pub struct Bucket {
    config: SdkConfig,
    name: String,
    http: HttpClient,
}

impl Bucket {
    /// The bucket that the environment names, with region and credentials from the usual variables.
    pub async fn from_env() -> Result<Self, MissingVariables> {
        let name = std::env::var(SETTLEMENTS_BUCKET).ok().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| MissingVariables(vec![SETTLEMENTS_BUCKET]))?;
        let allow_http = std::env::var(crate::environment::ALLOW_HTTP).as_deref() == Ok("1");
        let config = Clients::config();
        Ok(Self { config, name, http: HttpClient::new(allow_http) })
    }

    /// Where an object is: at a local AWS by path, else by the bucket's own name.
    fn url(&self, key: &str, region: &str) -> String {
        let key = utf8_percent_encode(key, IN_A_KEY);
        match self.config.endpoint_url() {
            Some(base) => format!("{}/{}/{key}", base.trim_end_matches('/'), self.name),
            None => format!("https://{}.s3.{region}.amazonaws.com/{key}", self.name),
        }
    }

    async fn request(&self, key: &str) -> Result<Request<Bytes>, Fault> {
        let region = self.config.region().map(ToString::to_string);
        let region = region.ok_or_else(|| Fault::retry(format!("{NAME}: no region")))?;
        let provider = self.config.credentials_provider();
        let provider = provider.ok_or_else(|| Fault::retry(format!("{NAME}: no credentials")))?;
        let credentials = provider.provide_credentials().await;
        let credentials =
            credentials.map_err(|_| Fault::retry(format!("{NAME}: no credentials")))?;
        signed(&self.url(key, &region), &[], &region, credentials, SystemTime::now())
    }
}

/// A GET with the signature of S3 (AWS Signature Version 4).
fn signed(
    url: &str,
    headers: &[(&'static str, &'static str)],
    region: &str,
    credentials: Credentials,
    at: SystemTime,
) -> Result<Request<Bytes>, Fault> {
    let unsigned = |_| Fault::retry(format!("{NAME}: cannot be signed"));
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    let identity = credentials.into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("s3")
        .time(at)
        .settings(settings)
        .build()
        .map_err(|_| unsigned(()))?;
    let body = SignableBody::Bytes(&[]);
    let signable = SignableRequest::new("GET", url, headers.iter().copied(), body)
        .map_err(|_| unsigned(()))?;
    let (instructions, _) = sign(signable, &params.into()).map_err(|_| unsigned(()))?.into_parts();
    let mut request = Request::get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Bytes::new()).map_err(|_| unsigned(()))?;
    instructions.apply_to_request_http1x(&mut request);
    Ok(request)
}

impl Files for Bucket {
    async fn read(&self, key: &str) -> Result<Option<Bytes>, Fault> {
        let call = Call {
            name: NAME,
            request: self.request(key).await?,
            effect: Effect::Read,
            timeout: Duration::from_secs(60),
        };
        let answer = self.http.send(call).await.map_err(|error| error.fault(Effect::Read, NAME))?;
        match answer.status() {
            status if status.is_success() => Ok(Some(answer.into_body())),
            StatusCode::NOT_FOUND => Ok(None),
            // What S3 says of an object that is not there to one who may not list.
            StatusCode::FORBIDDEN => Err(Fault::reject(
                format!("the file {key} is not there, or may not be read"),
                "put it into the bucket again; check the right s3:GetObject of the function's role",
            )),
            status => Err(Fault::retry(format!("{NAME}: {status}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The example "GET Object" of the documentation of Signature Version 4 for S3.
    #[test]
    fn a_request_is_signed_as_the_documentation_shows() {
        let credentials = Credentials::new(
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            None,
            None,
            "test",
        );
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_369_353_600);
        let url = "https://examplebucket.s3.amazonaws.com/test.txt";
        let request = signed(url, &[("range", "bytes=0-9")], "us-east-1", credentials, at).unwrap();
        let authorization = request.headers()["authorization"].to_str().unwrap();
        let expected = "AWS4-HMAC-SHA256 \
                        Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
                        SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, \
                        Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
        assert_eq!(authorization, expected);
    }
}
