//! Python objects for the engine: conversion to and from columns, and what the interpreter is asked.

pub mod convert;
mod tables;

pub use tables::install as install_tables;
