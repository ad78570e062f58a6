//! An API that anybody's program may call, as long as a person has read a picture.

use std::error::Error;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use cattlegrid_guard::captcha::Verified;
use serde::Deserialize;

use crate::Choir;
use crate::guards::Guards;

pub(crate) fn router(guards: &Guards) -> Result<Router<Choir>, Box<dyn Error>> {
    let wishes = guards.around_api("wish", get(list).post(add))?;
    Ok(Router::new().route("/api/wishes", wishes))
}

#[derive(Deserialize)]
struct Wish {
    song: String,
}

async fn list(State(choir): State<Choir>) -> Json<Vec<String>> {
    Json(choir.book.wishes())
}

async fn add(State(choir): State<Choir>, proof: Verified, Json(wish): Json<Wish>) -> StatusCode {
    let song = wish.song.chars().take(80).collect();
    choir.book.wish(&proof, song);
    StatusCode::CREATED
}
