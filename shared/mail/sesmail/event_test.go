package sesmail

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"convoc/shared/mail"
)

// sample reads an event of testdata: those of the Developer Guide (« Examples of event data that Amazon SES publishes to
// Amazon SNS »), with our tags. In bounce-bare the message that came back was no report; bounce-expired is how SES gives
// a mail up after 14 hours.
func sample(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

var attempted = mail.Tags{Collectivity: "000000000", Convocation: "cnv_aaaaaaaaaaaaaaaa", Recipient: "rcp_bbbbbbbbbbbbbbbb", Attempt: 3}

func utc(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04:05.000Z", text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestEventsOfTheDeveloperGuide(t *testing.T) {
	notice := attempted
	notice.Notice = "ntc_cccccccccccccccc"
	for name, c := range map[string]struct {
		kind     mail.EventKind
		sent, at string
		reason   mail.Reason
		tags     mail.Tags
	}{
		"send":            {mail.EventAccepted, "2016-10-14T05:02:16.645Z", "2016-10-14T05:02:16.645Z", "", attempted},
		"delivery":        {mail.EventDelivered, "2016-10-19T23:20:52.240Z", "2016-10-19T23:21:04.133Z", "", attempted},
		"notice-delivery": {mail.EventDelivered, "2016-10-19T23:20:52.240Z", "2016-10-19T23:21:04.133Z", "", notice},
		"delivery-delay":  {mail.EventDelayed, "2020-06-16T00:15:40.641Z", "2020-06-16T00:25:40.095Z", "", attempted},
		"bounce":          {mail.EventBounced, "2017-08-05T00:40:02.012Z", "2017-08-05T00:41:02.669Z", mail.ReasonNoMailbox, attempted},
		"bounce-bare":     {mail.EventAutoReply, "2017-08-05T00:40:02.012Z", "2017-08-05T00:41:02.669Z", "", attempted},
		"bounce-expired":  {mail.EventBounced, "2017-08-05T00:40:02.012Z", "2017-08-05T14:40:04.000Z", mail.ReasonTimeout, attempted},
		"complaint":       {mail.EventComplained, "2017-08-05T00:40:01.123Z", "2017-08-05T00:41:02.669Z", "", attempted},
		"reject":          {mail.EventRejected, "2016-10-14T17:38:15.211Z", "2016-10-14T17:38:15.211Z", mail.ReasonContent, attempted},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseEvent([]byte(sample(t, name)))
			if err != nil {
				t.Fatal(err)
			}
			want := mail.Event{Tags: c.tags, Kind: c.kind, SentAt: utc(t, c.sent), At: utc(t, c.at), Reason: c.reason}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("read (-want +got)\n%s", diff)
			}
		})
	}
}

// changed is a sample with something else in the place of each old text, which must be there.
func changed(t testing.TB, name string, oldnew ...string) string {
	t.Helper()
	text := sample(t, name)
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(text, oldnew[i]) {
			t.Fatalf("%s has no %s", name, oldnew[i])
		}
		text = strings.ReplaceAll(text, oldnew[i], oldnew[i+1])
	}
	return text
}

// What SES says by itself (without a report), and with the report of a server that gave up for a reason of its own, of
// another reason than SES's where it has one.
func TestKindsOfBounces(t *testing.T) {
	const came, back = mail.EventAutoReply, mail.EventBounced
	for kind, c := range map[string]struct {
		kind           mail.EventKind
		bare, reported mail.Reason
	}{
		"Permanent/General":                   {back, mail.ReasonRejected, mail.ReasonTimeout},
		"Permanent/NoEmail":                   {back, mail.ReasonNoMailbox, mail.ReasonNoMailbox},
		"Permanent/Suppressed":                {back, mail.ReasonSuppressed, mail.ReasonSuppressed},
		"Permanent/OnAccountSuppressionList":  {back, mail.ReasonSuppressed, mail.ReasonSuppressed},
		"Permanent/OnTenantSuppressionList":   {back, mail.ReasonSuppressed, mail.ReasonSuppressed},
		"Permanent/EmailValidationSuppressed": {back, mail.ReasonSuppressed, mail.ReasonSuppressed},
		"Permanent/UnsubscribedRecipient":     {back, mail.ReasonSuppressed, mail.ReasonSuppressed},
		"Transient/General":                   {came, mail.ReasonNone, mail.ReasonTimeout},
		"Transient/MailboxFull":               {back, mail.ReasonMailboxFull, mail.ReasonMailboxFull},
		"Transient/MessageTooLarge":           {back, mail.ReasonTooLarge, mail.ReasonTooLarge},
		"Transient/ContentRejected":           {back, mail.ReasonContent, mail.ReasonContent},
		"Transient/AttachmentRejected":        {back, mail.ReasonContent, mail.ReasonContent},
		"Transient/CustomTimeoutExceeded":     {back, mail.ReasonTimeout, mail.ReasonTimeout},
		"Undetermined/Undetermined":           {back, mail.ReasonRejected, mail.ReasonTimeout},
		"Transient/OfTomorrow":                {back, mail.ReasonRejected, mail.ReasonTimeout},
		"/":                                   {back, mail.ReasonRejected, mail.ReasonTimeout},
	} {
		of, sub, _ := strings.Cut(kind, "/")
		for _, s := range []struct {
			name   string
			kind   mail.EventKind
			reason mail.Reason
		}{{"bounce-bare", c.kind, c.bare}, {"bounce-expired", back, c.reported}} {
			got, err := ParseEvent([]byte(changed(t, s.name, `"Transient"`, `"`+of+`"`, `"General"`, `"`+sub+`"`)))
			if err != nil || got.Kind != s.kind || got.Reason != s.reason {
				t.Errorf("%s of %s: got %s because of %q, %v", s.name, kind, got.Kind, got.Reason, err)
			}
		}
	}
}

func TestReportsOfServers(t *testing.T) {
	for _, c := range []struct {
		name, action, status string
		kind                 mail.EventKind
		reason               mail.Reason
	}{
		{"no such mailbox", "failed", "5.1.1", mail.EventBounced, mail.ReasonNoMailbox},
		{"no such domain", "failed", "5.1.2", mail.EventBounced, mail.ReasonNoMailbox},
		{"a domain without mail", "failed", "5.1.10", mail.EventBounced, mail.ReasonNoMailbox},
		{"our own address", "failed", "5.1.8", mail.EventBounced, mail.ReasonRejected},
		{"a full mailbox", "failed", "4.2.2", mail.EventBounced, mail.ReasonMailboxFull},
		{"too large for the mailbox", "failed", "5.2.3", mail.EventBounced, mail.ReasonTooLarge},
		{"too large for the server", "failed", "5.3.4", mail.EventBounced, mail.ReasonTooLarge},
		{"no answer of the server", "failed", "4.4.1", mail.EventBounced, mail.ReasonTimeout},
		{"content", "failed", "5.6.0", mail.EventBounced, mail.ReasonContent},
		{"policy", "failed", "5.7.1", mail.EventBounced, mail.ReasonRejected},
		{"no status", "failed", "", mail.EventBounced, mail.ReasonRejected},
		{"a status that is none", "failed", "failed", mail.EventBounced, mail.ReasonRejected},
		{"in capitals, with a space", "Failed", " 5.1.1", mail.EventBounced, mail.ReasonNoMailbox},
		{"still trying", "delayed", "4.4.1", mail.EventAutoReply, mail.ReasonNone},
		{"handed on", "relayed", "2.0.0", mail.EventAutoReply, mail.ReasonNone},
		{"no report", "", "", mail.EventAutoReply, mail.ReasonNone},
	} {
		got, err := ParseEvent([]byte(changed(t, "bounce-expired", `"failed"`, `"`+c.action+`"`, `"4.4.7"`, `"`+c.status+`"`)))
		if err != nil || got.Kind != c.kind || got.Reason != c.reason {
			t.Errorf("%s: got %s because of %q, %v", c.name, got.Kind, got.Reason, err)
		}
	}
}

func TestComplaintsThatAreNone(t *testing.T) {
	sent, said := utc(t, "2017-08-05T00:40:01.123Z"), utc(t, "2017-08-05T00:41:02.669Z")
	for _, c := range []struct {
		name, old, now string
		want           mail.Event
	}{
		{"SES did not try: it does not arrive", `"complaintSubType": null`, `"complaintSubType": "OnAccountSuppressionList"`,
			mail.Event{Kind: mail.EventBounced, At: said, Reason: mail.ReasonSuppressed}},
		{"nor for a tenant", `"complaintSubType": null`, `"complaintSubType": "OnTenantSuppressionList"`,
			mail.Event{Kind: mail.EventBounced, At: said, Reason: mail.ReasonSuppressed}},
		{"the reader says that it is no spam", `"abuse"`, `"not-spam"`, mail.Event{Kind: mail.EventAccepted, At: sent}},
		{"no kind of complaint", `"abuse"`, `""`, mail.Event{Kind: mail.EventComplained, At: said}},
	} {
		c.want.Tags, c.want.SentAt = attempted, sent
		got, err := ParseEvent([]byte(changed(t, "complaint", c.old, c.now)))
		if diff := gocmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", c.name, err, diff)
		}
	}
}

func TestKindsOfDelays(t *testing.T) {
	for kind, want := range map[string]mail.Reason{
		"MailboxFull": mail.ReasonMailboxFull, "RecipientServerError": mail.ReasonConnection, "InternalFailure": mail.ReasonNone,
		"General": mail.ReasonNone, "SpamDetected": mail.ReasonNone, "IPFailure": mail.ReasonNone, "Undetermined": mail.ReasonNone,
		"OfTomorrow": mail.ReasonNone,
	} {
		got, err := ParseEvent([]byte(changed(t, "delivery-delay", "TransientCommunicationFailure", kind)))
		if err != nil || got.Kind != mail.EventDelayed || got.Reason != want {
			t.Errorf("%s: got %s because of %q, %v", kind, got.Kind, got.Reason, err)
		}
	}
}

// Times are kept as the tables keep them, whatever their zone and however fine they are.
func TestTimesOfEvents(t *testing.T) {
	got, err := ParseEvent([]byte(changed(t, "delivery", "2016-10-19T23:21:04.133Z", "2016-10-20T01:21:04.133987654+02:00")))
	if want := utc(t, "2016-10-19T23:21:04.133Z"); err != nil || got.At != want {
		t.Errorf("got %s, %v", got.At, err)
	}
}

// What is no event of a mail of ours ends among the dead letters, where nothing repeats what it holds.
func TestWhatIsNoEventOfOurs(t *testing.T) {
	without := func(name string) string { return changed(t, "delivery", `"`+name+`"`, `"other"`) }
	with := func(oldnew ...string) string { return changed(t, "delivery", oldnew...) }
	for name, raw := range map[string]string{
		"nothing":                      "",
		"no JSON":                      "recipient@example.com",
		"cut":                          sample(t, "delivery")[:400],
		"a list":                       "[]",
		"null":                         "null",
		"of another shape":             `{"mail": "recipient@example.com"}`,
		"two at once":                  sample(t, "send") + sample(t, "delivery"),
		"a time that is none":          with("2016-10-19T23:21:04.133Z", "recipient@example.com"),
		"in the envelope of SNS":       `{"Type": "Notification", "Message": ` + quoted(t, sample(t, "delivery")) + `}`,
		"a notification of before":     with(`"eventType"`, `"notificationType"`),
		"of a kind that is not known":  with(`"Delivery"`, `"Rendering Failure"`),
		"an opening":                   with(`"Delivery"`, `"Open"`),
		"of no kind":                   with(`"Delivery"`, `""`),
		"without its time":             with(`"timestamp": "2016-10-19T23:21:04.133Z"`, `"other": ""`),
		"of a time before SES":         with("2016-10-19T23:21:04.133Z", "0001-01-01T00:00:01Z"),
		"of a time that nobody keeps":  with("2016-10-19T23:21:04.133Z", "9999-12-31T23:59:59-01:00"),
		"without the mail's time":      with(`"timestamp": "2016-10-19T23:20:52.240Z"`, `"other": ""`),
		"of nobody's":                  with(`"000000000"`, `""`),
		"without a collectivité":       without(TagCollectivity),
		"without a convocation":        without(TagConvocation),
		"without a recipient":          without(TagRecipient),
		"without an attempt":           without(TagAttempt),
		"without any tag":              with(`"tags"`, `"other"`),
		"two collectivités":            with(`"000000000"`, `"000000000", "111111111"`),
		"two convocations":             with(`"cnv_aaaaaaaaaaaaaaaa"`, `"cnv_aaaaaaaaaaaaaaaa", "cnv_aaaaaaaaaaaaaaaa"`),
		"two recipients":               with(`"rcp_bbbbbbbbbbbbbbbb"`, `"rcp_bbbbbbbbbbbbbbbb", "rcp_cccccccccccccccc"`),
		"two attempts":                 with(`"3"`, `"3", "4"`),
		"no value":                     with(`"rcp_bbbbbbbbbbbbbbbb"`, ``),
		"an attempt that is no number": with(`"3"`, `"third"`),
		"attempt 0":                    with(`"3"`, `"0"`),
		"an attempt below":             with(`"3"`, `"-1"`),
		"an attempt beyond":            with(`"3"`, `"99999999999999999999"`),
		"a recipient who is a person":  with(`"rcp_bbbbbbbbbbbbbbbb"`, `"recipient@example.com"`),
		"a separator of keys":          with(`"cnv_aaaaaaaaaaaaaaaa"`, `"cnv_a#rcp"`),
		"two notices":                  changed(t, "notice-delivery", `"ntc_cccccccccccccccc"`, `"ntc_cccccccccccccccc", "ntc_dddddddddddddddd"`),
		"a notice without a name":      changed(t, "notice-delivery", `"ntc_cccccccccccccccc"`, `""`),
		"a notice without a value":     changed(t, "notice-delivery", `"ntc_cccccccccccccccc"`, ``),
		"a notice that is a person":    changed(t, "notice-delivery", `"ntc_cccccccccccccccc"`, `"recipient@example.com"`),
	} {
		got, err := ParseEvent([]byte(raw))
		if !errors.Is(err, ErrNoEvent) || got != (mail.Event{}) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
		if err != nil && strings.ContainsAny(err.Error(), "@\"") {
			t.Errorf("%s: the error repeats something: %v", name, err)
		}
	}
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	raw, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// SES greets the topic at each deployment of it: that is no dead letter, which would ring the operator.
func TestWelcomeIsNoDeadLetter(t *testing.T) {
	for _, raw := range []string{welcome, welcome + "\n"} {
		if _, err := ParseEvent([]byte(raw)); !errors.Is(err, mail.ErrNoMail) {
			t.Errorf("%q: %v", raw, err)
		}
	}
	if _, err := ParseEvent([]byte(welcome + " recipient@example.com")); !errors.Is(err, ErrNoEvent) {
		t.Errorf("with something else: %v", err)
	}
}

// What is read can be noted: names that make keys, times that are kept; and it is what was written.
func FuzzParseEvent(f *testing.F) {
	samples, err := filepath.Glob("testdata/*.json")
	if err != nil || len(samples) < 9 {
		f.Fatalf("%d samples, %v", len(samples), err)
	}
	for _, path := range samples {
		f.Add([]byte(sample(f, strings.TrimSuffix(filepath.Base(path), ".json"))))
	}
	f.Add([]byte(welcome))
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := ParseEvent(raw)
		if err != nil {
			if e != (mail.Event{}) || !errors.Is(err, ErrNoEvent) && !errors.Is(err, mail.ErrNoMail) {
				t.Errorf("got %+v, %v", e, err)
			}
			return
		}
		if !e.Tags.Valid() || e.Tags.Attempt < 1 || e.At.IsZero() || e.SentAt.IsZero() || e.At.Location() != time.UTC ||
			!e.At.Equal(e.At.Truncate(time.Millisecond)) || !e.SentAt.Equal(e.SentAt.Truncate(time.Millisecond)) {
			t.Errorf("read as %+v", e)
		}
		if back := e.Kind == mail.EventBounced || e.Kind == mail.EventRejected; back != (e.Reason != mail.ReasonNone) && e.Kind != mail.EventDelayed {
			t.Errorf("%s because of %q", e.Kind, e.Reason)
		}
		again, err := ParseEvent(eventOf(t, e))
		if diff := gocmp.Diff(e, again); diff != "" || err != nil {
			t.Errorf("written and read again: %v\n%s", err, diff)
		}
	})
}

// eventOf writes an event as SES would.
func eventOf(t *testing.T, e mail.Event) []byte {
	t.Helper()
	tags := map[string][]string{
		TagCollectivity: {e.Tags.Collectivity}, TagConvocation: {e.Tags.Convocation}, TagRecipient: {e.Tags.Recipient},
		TagAttempt: {strconv.Itoa(e.Tags.Attempt)},
	}
	if e.Tags.Notice != "" {
		tags[TagNotice] = []string{e.Tags.Notice}
	}
	of, part := map[mail.EventKind]string{
		mail.EventAccepted: "Send", mail.EventDelivered: "Delivery", mail.EventDelayed: "DeliveryDelay", mail.EventBounced: "Bounce",
		mail.EventAutoReply: "Bounce", mail.EventComplained: "Complaint", mail.EventRejected: "Reject",
	}[e.Kind], map[string]any{"timestamp": e.At}
	for kind, j := range bounces {
		if j == (judged{e.Kind, e.Reason}) {
			part["bounceType"], part["bounceSubType"], _ = strings.Cut(kind, "/")
		}
	}
	for kind, reason := range delays {
		if reason == e.Reason {
			part["delayType"] = kind
		}
	}
	name := strings.ToLower(of[:1]) + of[1:]
	raw, err := json.Marshal(map[string]any{"eventType": of, "mail": map[string]any{"timestamp": e.SentAt, "tags": tags}, name: part})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
