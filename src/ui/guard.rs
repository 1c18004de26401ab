//! Who may look. Any page that a browser has open can send requests to this machine's ports, and a name that it resolves
//! to 127.0.0.1 can even read the answers: so the host must be this machine's own, and another page's origin gets nothing.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Whom the server answers.
#[derive(Clone)]
pub struct Guard {
    /// Where others may look too, what they must know.
    pub token: Option<String>,
    /// Names that requests may be sent to beside this machine's own, such as the address that was bound.
    pub hosts: Vec<String>,
}

/// The cookie that holds the token once a page was opened with it.
const COOKIE: &str = "pyrite-token";

/// Answers only those who may look.
pub async fn check(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if guard.token.is_none() && !guard.knows(host) {
        let text = "This page is for this machine only: open it by the address that sc.uiWebUrl says.\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    if !is_own(headers, host) {
        return (StatusCode::FORBIDDEN, "Another page asks.\n").into_response();
    }
    let mut set = None;
    if let Some(token) = &guard.token {
        let given = query(request.uri(), "token");
        let (by_query, by_cookie) = (given.is_some_and(|given| same(given, token)), has_cookie(headers, token));
        if !by_query && !by_cookie {
            let text = "Open the page by the address that sc.uiWebUrl says: it has a token.\n";
            return (StatusCode::FORBIDDEN, text).into_response();
        }
        // A change needs the token itself: a cookie is sent by whatever page asks.
        if request.method() != Method::GET && !by_query && headers.get(header::ORIGIN).is_none() {
            return (StatusCode::FORBIDDEN, "The token is missing.\n").into_response();
        }
        set = by_query.then(|| format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict"));
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name.clone(), header::HeaderValue::from_static(value));
    }
    if let Some(cookie) = set.and_then(|cookie| header::HeaderValue::from_str(&cookie).ok()) {
        headers.insert(header::SET_COOKIE, cookie);
    }
    response
}

/// Nothing from elsewhere, and in nobody's frame.
const HEADERS: &[(header::HeaderName, &str)] = &[
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
];

impl Guard {
    fn knows(&self, host: &str) -> bool {
        let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
        let name = name.map_or(host, |(name, _)| name);
        matches!(name, "127.0.0.1" | "localhost" | "[::1]") || self.hosts.iter().any(|known| known == name)
    }
}

/// Whether a page of ours asks, or no page at all.
fn is_own(headers: &HeaderMap, host: &str) -> bool {
    if let Some(site) = headers.get("sec-fetch-site")
        && site != "same-origin"
        && site != "none"
    {
        return false;
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    origin.to_str().is_ok_and(|origin| origin.split_once("://").is_some_and(|(_, from)| from == host))
}

fn query<'u>(uri: &'u Uri, name: &str) -> Option<&'u str> {
    uri.query()?
        .split('&')
        .find_map(|part| part.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
}

fn has_cookie(headers: &HeaderMap, token: &str) -> bool {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .any(|(name, value)| name == COOKIE && same(value, token))
}

/// Takes the same time wherever they differ.
fn same(given: &str, token: &str) -> bool {
    given.len() == token.len() && given.bytes().zip(token.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}
