// The OAuth provider of the official clients: their metadata, their storage, and the redirect of the user.
import { ask, redirectUri, stopListening } from "../../../oauth/external_clients/ask.mjs";

export class Person {
  requestedScopes = [];
  redirectUrl = redirectUri;
  clientMetadata = { client_name: "Judge", redirect_uris: [redirectUri], token_endpoint_auth_method: "none" };

  // `selectTokens` returns the tokens to store.
  constructor(selectTokens) {
    this.selectTokens = selectTokens;
  }

  async redirectToAuthorization(url) {
    this.requestedScopes.push(url.searchParams.get("scope"));
    this.answer = (await ask(url)).searchParams;
  }

  clientInformation() {
    return this.client;
  }

  saveClientInformation(client) {
    this.client = client;
  }

  tokens() {
    return this.storedTokens;
  }

  saveTokens(tokens) {
    this.storedTokens = this.selectTokens(tokens);
  }

  codeVerifier() {
    return this.verifier;
  }

  saveCodeVerifier(verifier) {
    this.verifier = verifier;
  }

  leave() {
    stopListening();
  }
}
