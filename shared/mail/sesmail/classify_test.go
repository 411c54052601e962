package sesmail

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"convoc/shared/mail"
)

// The errors of the API reference, as they travel: the kind in a header, the words in the body.
func TestRefusals(t *testing.T) {
	good, now, unknown := mail.RefusedForGood, mail.RefusedForNow, mail.Unknown
	for _, c := range []struct {
		name    string
		status  int
		kind    string
		words   string
		outcome mail.Outcome
		reason  mail.Reason
	}{
		// the errors of SendEmail
		{"the message is refused", 400, "MessageRejected", "Transaction failed: Illegal header 'X'.", good, mail.ReasonContent},
		{"the request is refused: the address of the recipient", 400, "BadRequestException", "Local address contains control or whitespace", good, mail.ReasonContent},
		{"our address is not verified", 400, "MessageRejected", "Email address is not verified. The following identities failed the check in region EU-WEST-3: convocations@mairie.example", now, mail.ReasonCredentials},
		{"our domain is not verified", 400, "MailFromDomainNotVerifiedException", "Domain is not verified", now, mail.ReasonCredentials},
		{"no such configuration set", 404, "NotFoundException", "Configuration set <events> does not exist.", now, mail.ReasonCredentials},
		{"sending is paused", 400, "SendingPausedException", "Sending paused for this account.", now, mail.ReasonPaused},
		{"the account is suspended", 400, "AccountSuspendedException", "Account suspended", now, mail.ReasonPaused},
		{"too fast", 429, "TooManyRequestsException", "Maximum sending rate exceeded.", now, mail.ReasonThrottled},
		{"over a limit", 400, "LimitExceededException", "Too many instances", now, mail.ReasonThrottled},
		{"over the quota of the day", 400, "ThrottlingException", "Daily message quota exceeded.", now, mail.ReasonQuota},
		// common errors
		{"no right to send", 403, "AccessDeniedException", "User is not authorized to perform: ses:SendEmail on arn:aws:ses:identity/anne@mairie.example", now, mail.ReasonCredentials},
		{"the session has ended", 403, "ExpiredTokenException", "The security token included in the request is expired", now, mail.ReasonCredentials},
		{"a wrong key", 403, "UnrecognizedClientException", "The security token included in the request is invalid.", now, mail.ReasonCredentials},
		{"a wrong secret, or our clock", 403, "InvalidSignatureException", "Signature expired", now, mail.ReasonCredentials},
		{"our clock", 400, "RequestExpired", "", now, mail.ReasonCredentials},
		{"a field of another shape", 400, "ValidationException", "", good, mail.ReasonContent},
		{"the kind with its namespace", 400, "MessageRejected:http://internal.amazon.com/coral/", "no", good, mail.ReasonContent},
		// those that nobody documents
		{"a kind that nobody knows", 400, "NewException", "", now, mail.ReasonRejected},
		{"no kind at all", 400, "", "", now, mail.ReasonRejected},
		{"a proxy that refuses", 407, "", "", now, mail.ReasonCredentials},
		{"a message that is too large for the way", 413, "", "", good, mail.ReasonContent},
		{"too fast for the way", 429, "", "", now, mail.ReasonThrottled},
		{"the way waited too long for us", 408, "", "", unknown, mail.ReasonTimeout},
		// the service may have accepted before it failed
		{"a fault of the service", 500, "InternalServiceErrorException", "", unknown, mail.ReasonTimeout},
		{"a fault inside the service", 500, "InternalFailure", "", unknown, mail.ReasonTimeout},
		{"a service that is not there", 503, "ServiceUnavailable", "", unknown, mail.ReasonTimeout},
		{"a fault on the way", 502, "", "", unknown, mail.ReasonTimeout},
		{"too slow on the way", 504, "", "", unknown, mail.ReasonTimeout},
		{"a refusal in the clothes of a fault", 500, "MessageRejected", "", unknown, mail.ReasonTimeout},
		{"led elsewhere", 302, "", "", unknown, mail.ReasonTimeout},
		{"accepted, and no identifier", 200, "", "", unknown, mail.ReasonTimeout},
	} {
		t.Run(c.name, func(t *testing.T) {
			body, err := json.Marshal(map[string]string{"message": c.words})
			if err != nil {
				t.Fatal(err)
			}
			s, _ := answering(t, c.status, c.kind, string(body))
			got := s.Send(t.Context(), envelope)
			if got.Outcome != c.outcome || got.Reason != c.reason || got.MessageID != "" {
				t.Errorf("got %s %s (%s), want %s %s", got.Outcome, got.Reason, got.Detail, c.outcome, c.reason)
			}
			if strings.Contains(got.Detail, "@") || got.Detail == "" {
				t.Errorf("the detail holds an address, or nothing: %q", got.Detail)
			}
		})
	}
}

// An answer need not be the service's: what stands on the way says what it likes.
func TestAnswersThatAreNone(t *testing.T) {
	for name, c := range map[string]struct {
		status  int
		body    string
		outcome mail.Outcome
	}{
		"a page instead of an acceptance": {200, "<html>Bienvenue</html>", mail.Unknown},
		"an acceptance that is cut short": {200, `{"MessageId":"01`, mail.Unknown},
		"nothing":                         {200, "", mail.Unknown},
		"an empty identifier":             {200, `{"MessageId":""}`, mail.Unknown},
		"a page instead of a refusal":     {http.StatusForbidden, "<html>Interdit</html>", mail.RefusedForNow},
		"a page instead of a fault":       {http.StatusBadGateway, "<html>Bad gateway</html>", mail.Unknown},
	} {
		s, _ := answering(t, c.status, "", c.body)
		if got := s.Send(t.Context(), envelope); got.Outcome != c.outcome || got.MessageID != "" {
			t.Errorf("%s: got %+v, want %s", name, got, c.outcome)
		}
	}
}

func TestDetailHoldsNoAddress(t *testing.T) {
	for said, want := range map[string]string{
		"refused: anne@exemple.fr":                         "refused: …",
		"refused: <anne@exemple.fr>, jean@exemple.fr.":     "refused: … …",
		`refused: "anne martin"@exemple.fr is wrong`:       "refused: … is wrong",
		"identities: Anne@EXEMPLE.FR":                      "identities: …",
		"MAIRIE: convocations@mairie.fr, <élu@commune.fr>": "MAIRIE: … …",
		"nothing to hide":                                  "nothing to hide",
		strings.Repeat("é", 300):                           strings.Repeat("é", 200),
	} {
		if got := with(other, said).Detail; got != want {
			t.Errorf("%q: got %q, want %q", said, got, want)
		}
	}
}
