package sesmail

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	gocmp "github.com/google/go-cmp/cmp"

	"convoc/infra/referee"
	"convoc/shared/mail"
	"convoc/shared/mail/mailtest"
)

var (
	endpoint = flag.String("endpoint", "", "a real SES to send through")
	region   = flag.String("region", "eu-west-3", "its region; credentials come from AWS_ACCESS_KEY_ID and its kin")
	from     = flag.String("from", "", "an address that it has verified")
)

var envelope = mail.Envelope{
	From: mailtest.From, To: mailtest.To,
	Raw:  []byte("Subject: Convocation\r\n\r\nBonjour\r\n"),
	Tags: mail.Tags{Collectivity: "000000000", Convocation: "cnv_a", Recipient: "rcp_b", Attempt: 3},
}

// configuration of a client: the credentials of the environment, or any, which is enough for a referee.
func configuration(endpoint string) aws.Config {
	id, secret := cmp.Or(os.Getenv("AWS_ACCESS_KEY_ID"), "test"), cmp.Or(os.Getenv("AWS_SECRET_ACCESS_KEY"), "test")
	return aws.Config{
		Region: *region, BaseEndpoint: &endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, os.Getenv("AWS_SESSION_TOKEN")),
	}
}

// deaf is an address at which nobody listens.
func deaf(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

func TestOnMoto(t *testing.T) {
	at := referee.Start(t, "moto")
	client := Client(configuration(at))
	_, domain, _ := strings.Cut(mailtest.From, "@")
	if _, err := client.CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{EmailIdentity: &domain}); err != nil {
		t.Fatal(err)
	}
	t.Run("conformance", func(t *testing.T) {
		mailtest.Run(t, func(t *testing.T) mailtest.Subject {
			return mailtest.Subject{
				Sender: Open(client, "events"), Nowhere: Open(Client(configuration(deaf(t))), "events"),
				Received: func(t *testing.T) []mailtest.Received { return kept(t, at) },
			}
		})
	})
	t.Run("every byte, and fifty at once", func(t *testing.T) { fifty(t, Open(client, "events"), at) })
}

// fifty sends fifty messages together and finds each once, as it was given, with an identifier of its own.
func fifty(t *testing.T, s *Sender, at string) {
	bodies := []string{
		"Bonjour\r\n", "Réunion du conseil — « ordre du jour » ; œuvre 🏛\r\n", ".\r\n..\r\n.fin\r\n", "fin\r\n\r\n\r\n",
		strings.Repeat("x", 998) + "\r\n", "From the mayor\r\n>From\r\n\t\r\n", strings.Repeat("0123456789abcdef\r\n", 10_000),
	}
	sent := map[string]int{} // message → copies
	ids := make([]string, 50)
	var crowd sync.WaitGroup
	for n := range ids {
		m := envelope
		m.Raw = fmt.Appendf(nil, "Subject: Lettre %d des cinquante\r\nX-Long: %s\r\n\r\n%s", n, strings.Repeat("a ", n), bodies[n%len(bodies)])
		sent[string(m.Raw)] = 0
		crowd.Go(func() {
			got := s.Send(t.Context(), m)
			if got.Outcome != mail.Accepted {
				t.Errorf("got %+v", got)
			}
			ids[n] = got.MessageID
		})
	}
	crowd.Wait()
	for _, m := range kept(t, at) {
		if _, ours := sent[string(m.Raw)]; ours {
			sent[string(m.Raw)]++
		} else if strings.Contains(string(m.Raw), "des cinquante") {
			t.Errorf("nobody has sent %.100q", m.Raw)
		}
	}
	for raw, copies := range sent {
		if copies != 1 {
			t.Errorf("%d copies of %.40q", copies, raw)
		}
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 50 {
		t.Errorf("two messages have one identifier: %q", ids)
	}
}

// kept reads what moto has accepted.
func kept(t *testing.T, at string) []mailtest.Received {
	t.Helper()
	res, err := http.Get(at + "/moto-api/data.json")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var data struct {
		SES struct {
			RawMessage []struct {
				Source       string   `json:"source"`
				Destinations []string `json:"destinations"` // those of the call, then those of the header
				RawData      string   `json:"raw_data"`
			}
		} `json:"ses"`
	}
	if err := json.NewDecoder(res.Body).Decode(&data); err != nil {
		t.Fatal(err)
	}
	var all []mailtest.Received
	for _, m := range data.SES.RawMessage {
		all = append(all, mailtest.Received{From: m.Source, To: m.Destinations[0], Raw: []byte(m.RawData)})
	}
	return all
}

// go test ./shared/mail/sesmail -args -endpoint https://email.eu-west-3.amazonaws.com -from convocations@…
// It sends to Amazon's mailbox simulator only.
func TestRealService(t *testing.T) {
	if *endpoint == "" || *from == "" {
		t.Skip("no -endpoint, no -from")
	}
	s := Open(Client(configuration(*endpoint)), "")
	m := envelope
	m.From, m.To = *from, "success@simulator.amazonses.com"
	m.Raw = []byte("From: " + m.From + "\r\nTo: " + m.To + "\r\nSubject: Convoc\r\n\r\nBonjour\r\n")
	if r := s.Send(t.Context(), m); r.Outcome != mail.Accepted || r.MessageID == "" {
		t.Errorf("got %+v, want accepted", r)
	}
	m.From = "nobody@domain-that-nobody-verified.example"
	if r := s.Send(t.Context(), m); r.Outcome != mail.RefusedForNow || r.Reason != mail.ReasonCredentials {
		t.Errorf("from an address that is not verified: got %+v", r)
	}
}

// answering is a sender whose service gives one answer to everything; asked keeps the last request.
func answering(t *testing.T, status int, kind, body string) (s *Sender, asked *string) {
	t.Helper()
	asked = new(string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		*asked = r.Method + " " + r.URL.Path + " " + string(raw)
		if kind != "" {
			w.Header().Set("X-Amzn-ErrorType", kind)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return Open(Client(configuration(server.URL)), "events"), asked
}

// What is asked of the service: one recipient, the message as it is, the tags that its events give back.
func TestCall(t *testing.T) {
	s, asked := answering(t, http.StatusOK, "", `{"MessageId":"0102-abc-000000"}`)
	got := s.Send(t.Context(), envelope)
	if want := (mail.Result{Outcome: mail.Accepted, MessageID: "0102-abc-000000"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	const want = `POST /v2/email/outbound-emails {"ConfigurationSetName":"events",` +
		`"Content":{"Raw":{"Data":"U3ViamVjdDogQ29udm9jYXRpb24NCg0KQm9uam91cg0K"}},` +
		`"Destination":{"ToAddresses":["elu@commune.example"]},` +
		`"EmailTags":[{"Name":"collectivity","Value":"000000000"},{"Name":"convocation","Value":"cnv_a"},` +
		`{"Name":"recipient","Value":"rcp_b"},{"Name":"attempt","Value":"3"}],` +
		`"FromEmailAddress":"convocations@mairie.example"}`
	if diff := gocmp.Diff(want, *asked); diff != "" {
		t.Errorf("asked (-want +got)\n%s", diff)
	}
	s.set = ""
	s.Send(t.Context(), envelope)
	if strings.Contains(*asked, "ConfigurationSetName") {
		t.Errorf("without a configuration set: asked %s", *asked)
	}
}

func TestMalformedTagsAreNotSent(t *testing.T) {
	for name, spoil := range map[string]func(*mail.Tags){
		"no collectivité":    func(t *mail.Tags) { t.Collectivity = "" },
		"a convocation's @":  func(t *mail.Tags) { t.Convocation = "cnv@a" },
		"a recipient's name": func(t *mail.Tags) { t.Recipient = "Anne Martin" },
		"too long":           func(t *mail.Tags) { t.Recipient = strings.Repeat("a", 65) },
	} {
		s, asked := answering(t, http.StatusOK, "", `{"MessageId":"x"}`)
		m := envelope
		spoil(&m.Tags)
		r := s.Send(t.Context(), m)
		if r.Outcome != mail.RefusedForGood || r.Reason != mail.ReasonContent || *asked != "" {
			t.Errorf("%s: got %+v, asked %q", name, r, *asked)
		}
	}
}

// Without credentials nothing can leave, and it is the installation's fault.
func TestNoCredentials(t *testing.T) {
	cfg := configuration(deaf(t))
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, io.ErrUnexpectedEOF
	})
	got := Open(Client(cfg), "").Send(t.Context(), envelope)
	if got.Outcome != mail.RefusedForNow || got.Reason != mail.ReasonCredentials {
		t.Errorf("got %+v", got)
	}
}
