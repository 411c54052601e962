package returned

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/mail"
)

var (
	seal     = mail.Seal("0123456789abcdef0123456789abcdef")
	named    = mail.Tags{Collectivity: "217500016", Convocation: "cnv_abcdefghijklmnop", Recipient: "rcp_qrstuvwxyz234567", Attempt: 3}
	sent     = time.Date(2026, 12, 1, 9, 5, 7, 0, time.UTC)
	received = time.Date(2026, 12, 1, 10, 5, 20, 0, time.FixedZone("", 3600))
)

// sample is a message as it stands in the mailbox; {ID} is the name of the mail that it is about.
func sample(t testing.TB, name string, oldnew ...string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".eml"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(oldnew...).Replace(string(raw))
	if len(oldnew) > 0 && text == string(raw) {
		t.Fatalf("%s does not hold %q", name, oldnew)
	}
	text = strings.ReplaceAll(text, "{ID}", seal.MessageID(named, sent, "convocations@saint-aubin.example"))
	return []byte(strings.ReplaceAll(text, "\n", "\r\n"))
}

// Each sample is of the shape that its program writes, with other names.
var samples = map[string]verdict{
	"postfix-no-mailbox":      {mail.EventBounced, mail.ReasonNoMailbox},
	"postfix-no-domain":       {mail.EventBounced, mail.ReasonNoMailbox},
	"postfix-gave-up":         {mail.EventBounced, mail.ReasonTimeout},
	"postfix-delayed":         {mail.EventDelayed, mail.ReasonTimeout},
	"postfix-delivered":       {mail.EventDelivered, ""},
	"postfix-relayed":         {mail.EventAccepted, ""},
	"postfix-alias":           {mail.EventAccepted, ""},
	"orange":                  {mail.EventBounced, mail.ReasonNoMailbox},
	"orange-full":             {mail.EventBounced, mail.ReasonMailboxFull},
	"laposte":                 {mail.EventBounced, mail.ReasonNoMailbox},
	"free-full":               {mail.EventBounced, mail.ReasonMailboxFull},
	"exim":                    {mail.EventBounced, mail.ReasonTooLarge},
	"exim-text":               {mail.EventBounced, mail.ReasonNoMailbox},
	"exim-text-delayed":       {mail.EventDelayed, mail.ReasonMailboxFull},
	"office365-no-mailbox":    {mail.EventBounced, mail.ReasonNoMailbox},
	"office365-access-denied": {mail.EventBounced, mail.ReasonNoMailbox},
	"exchange-full":           {mail.EventBounced, mail.ReasonMailboxFull},
	"exchange-policy":         {mail.EventBounced, mail.ReasonRejected},
	"gmail":                   {mail.EventBounced, mail.ReasonNoMailbox},
	"sendmail":                {mail.EventBounced, mail.ReasonRejected},
	"qmail":                   {mail.EventBounced, mail.ReasonNoMailbox},
	"flattened-postfix":       {mail.EventBounced, mail.ReasonMailboxFull},
	"complaint-arf":           {mail.EventComplained, ""},
	"absence-outlook":         {mail.EventAutoReply, ""},
	"absence-gmail":           {mail.EventAutoReply, ""},
	"absence-zimbra":          {mail.EventAutoReply, ""},
	"absence-sieve":           {mail.EventAutoReply, ""},
	"absence-thunderbird":     {mail.EventAutoReply, ""},
	"absence-old":             {mail.EventAutoReply, ""},
	"reading-notification":    {mail.EventAutoReply, ""},

	"none-reply":                 {}, // a person wrote it
	"none-forwarded-bounce":      {}, // a person wrote it
	"none-secretarys-own":        {}, // her own answer to an élu came back
	"none-forged":                {}, // by somebody who does not know the mark
	"none-daemon-unknown":        {}, // it would be guessed
	"none-absence-to-another":    {}, // mail of the same mailbox
	"none-auth-failure":          {}, // a report about a signature
	"none-report-without-action": {},
}

func TestSamples(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(paths) != len(samples) {
		t.Errorf("%d samples for %d rows, %v", len(paths), len(samples), err)
	}
	for name, want := range samples {
		got, err := Read(seal, sample(t, name), received)
		if want.kind == "" {
			if !errors.Is(err, mail.ErrNoMail) || got != (mail.Event{}) {
				t.Errorf("%s: got %+v, %v", name, got, err)
			}
			continue
		}
		event := mail.Event{Tags: named, Kind: want.kind, SentAt: sent, At: received.UTC(), Reason: want.reason}
		if diff := cmp.Diff(event, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
		if got, err := Read(mail.Seal("of another installation"), sample(t, name), received); !errors.Is(err, mail.ErrNoMail) {
			t.Errorf("%s, read by another installation: %+v, %v", name, got, err)
		}
	}
}

// A report that holds no header of the mail that it is about is « In-Reply-To » it, or quotes that header in its text.
func TestWhichMailIsMeant(t *testing.T) {
	id := seal.MessageID(named, sent, "convocations@saint-aubin.example")
	another := seal.MessageID(mail.Tags{Collectivity: "217500016", Convocation: "cnv_abcdefghijklmnop", Recipient: "rcp_aaaaaaaaaaaaaaaa", Attempt: 1}, sent, "x@x.fr")
	const part, other = "message/rfc822", "application/octet-stream"
	for _, c := range []struct {
		name   string
		raw    []byte
		wanted bool
	}{
		{"the header that came back", sample(t, "gmail"), true},
		{"what it answers", sample(t, "gmail", part, other), true},
		{"what it answers, where the header may have been cut off", cut(sample(t, "gmail", part, other), 60), false},
		{"the last of what it refers to", sample(t, "exim", part, other), true},
		{"as a relay that names mails itself keeps it", sample(t, "exim", "Message-ID: <{ID}>", "Origin-messageId: <{ID}>\nMessage-Id: <1@relais.example>"), true},
		{"nothing", sample(t, "exim", part, other, "References", "X-Other"), false},
		{"in its text", sample(t, "exim", part, other, "References", "X-Other", "recipients. This", "recipients.\nMessage-Id:\n <"+id+">\nThis"), true},
		{"what is answered in its text", sample(t, "exim", part, other, "References", "X-Other", "recipients. This", "recipients.\nIn-Reply-To: <"+id+">\nThis"), false},
		{"an earlier one that it refers to", sample(t, "exim", part, other, "References: <{ID}>", "References: <{ID}> <other@x.fr>"), false},
		{"two mails at once", sample(t, "exim", "Message-ID: <{ID}>", "Message-ID: <{ID}>\nX-Other-Message-ID: <"+another+">"), false},
		{"an attempt that was never made", sample(t, "exim", "{ID}", seal.MessageID(mail.Tags{Collectivity: "217500016", Convocation: "cnv_a", Recipient: "rcp_a"}, sent, "x@x.fr")), false},
	} {
		got, err := Read(seal, c.raw, received)
		if ok := err == nil && got.Tags == named; ok != c.wanted || (!ok && !errors.Is(err, mail.ErrNoMail)) {
			t.Errorf("%s: got %+v, %v", c.name, got.Tags, err)
		}
	}
}

func cut(raw []byte, n int) []byte { return raw[:len(raw)-n] }

// What a program says in its own words is where they stand; the copy of the mail is nobody's words.
func TestBouncesInWords(t *testing.T) {
	for _, c := range []struct {
		name string
		raw  []byte
		want verdict
	}{
		{"behind a remark", sample(t, "qmail", "Hi. This", "Verified by a gateway.\n\nHi. This"), verdict{mail.EventBounced, mail.ReasonNoMailbox}},
		{"far below", sample(t, "qmail", "Hi. This", strings.Repeat("x ", opening)+"\nHi. This"), verdict{}},
		{"it is not given up", sample(t, "qmail", "This is a permanent error", "This may pass"), verdict{}},
		{"a reason in the copy", sample(t, "qmail", "by that name. (#5.1.1)", "", "mailbox here", "luck", "Vous =C3", "Mailbox full. Vous =C3"), verdict{mail.EventBounced, mail.ReasonRejected}},
		{"an end in the copy", sample(t, "exim-text-delayed", "Subject: Conseil", "Subject: This is a permanent error"), verdict{mail.EventDelayed, mail.ReasonMailboxFull}},
		{"from anybody", sample(t, "qmail", "Return-Path: <>", "Return-Path: <a@x.fr>", "MAILER-DAEMON@", "a@"), verdict{}},
		{"from anybody, to whom nothing comes back", sample(t, "qmail", "MAILER-DAEMON@", "a@"), verdict{mail.EventBounced, mail.ReasonNoMailbox}},
	} {
		got, err := Read(seal, c.raw, received)
		if (verdict{got.Kind, got.Reason}) != c.want || (err == nil) != (c.want.kind != "") {
			t.Errorf("%s: %s because of %q, %v", c.name, got.Kind, got.Reason, err)
		}
	}
}

func TestReasons(t *testing.T) {
	for _, c := range []struct {
		name, status, diagnostic string
		want                     mail.Reason
	}{
		{"nothing is said", "", "", mail.ReasonRejected},
		{"no mailbox", "5.1.1", "", mail.ReasonNoMailbox},
		{"with a comment", "5.1.1 (user unknown)", "", mail.ReasonNoMailbox},
		{"full, for now and until it was given up", "4.2.2", "smtp; 452 4.2.2 over quota", mail.ReasonMailboxFull},
		{"a vague status, and a better one in the answer", "5.0.0", "smtp; 550-5.1.1 no", mail.ReasonNoMailbox},
		{"a vague status, and qmail's", "", "Sorry. (#5.1.1)", mail.ReasonNoMailbox},
		{"an address of a machine is no status", "5.0.0", "smtp; 550 from [5.1.1.9] or 5.1.1.9", mail.ReasonRejected},
		{"a version is no status", "5.0.0", "smtp; 550 Daemon/5.1.1.2", mail.ReasonRejected},
		{"no route for good, and words", "5.4.1", "smtp;550 5.4.1 Recipient address rejected: Access denied.", mail.ReasonNoMailbox},
		{"no route for good, and no words", "5.4.6", "smtp; loop", mail.ReasonRejected},
		{"no route, given up", "4.4.7", "", mail.ReasonTimeout},
		{"no domain", "5.4.4", "", mail.ReasonNoMailbox},
		{"the status before the words", "5.2.2", "smtp; 550 user unknown", mail.ReasonMailboxFull},
		{"words", "5.0.0", "smtp; 550 Unknown user", mail.ReasonNoMailbox},
		{"words over two lines", "5.0.0", "smtp; 550 No such\n mailbox", mail.ReasonNoMailbox},
		{"quota", "5.0.0", "smtp; 552 Quota exceeded", mail.ReasonMailboxFull},
		{"large", "5.0.0", "smtp; 552 Message size exceeds the limit", mail.ReasonTooLarge},
		{"policy", "5.7.1", "smtp; 550 5.7.1 blocked", mail.ReasonRejected},
		{"content", "5.6.1", "", mail.ReasonContent},
	} {
		if got := reasonOf(c.status, c.diagnostic); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// A report is one whatever its sender writes around it; what is no action is no report.
func TestActions(t *testing.T) {
	for action, want := range map[string]mail.EventKind{
		"failed": mail.EventBounced, "FAILED": mail.EventBounced, "failed (given up)": mail.EventBounced, "delayed": mail.EventDelayed,
		"delivered": mail.EventDelivered, "relayed": mail.EventAccepted, "expanded": mail.EventAccepted,
		"": "", "fail": "", "failedly": "", "deferred": "",
	} {
		got, err := Read(seal, sample(t, "sendmail", "Action: failed", "Action:  "+action), received)
		if got.Kind != want || (err == nil) != (want != "") {
			t.Errorf("%q: %s, %v", action, got.Kind, err)
		}
	}
}

// One sign is enough, and a person's letter has none.
func TestSignsOfAnAutomaticAnswer(t *testing.T) {
	const subject = "Subject: Re: Conseil municipal du 10 =?utf-8?q?d=C3=A9cembre?="
	for field, want := range map[string]bool{
		"Auto-Submitted: auto-replied": true, "Auto-Submitted: Auto-Replied (vacation)": true, "Auto-Submitted: auto-generated; owner=\"x\"": true,
		"Auto-Submitted: no": false, "Auto-Submitted: No; x=y": false, "Auto-Submitted:": false,
		"X-Autoreply: yes": true, "X-Autorespond: x": true, "X-Auto-Response-Suppress: All": true,
		"Precedence: auto_reply": true, "Precedence: bulk": false, "Precedence: list": false,
		"Subject: Automatic reply: Conseil": true, "Subject: Out of Office: x": true, "Subject: Out of the office": true,
		"Subject: =?windows-1252?Q?Message_d=92absence?=": true, "Subject: =?iso-8859-1?Q?R=E9ponse_automatique=A0:_x?=": true,
		"Subject: =?utf-8?q?R=C3=A9ponse_automatique_:_x?=": true, "Subject: Absence du bureau": true,
		"Subject: Re: Absence du bureau": false, "Subject: Absent le 10": false, "Subject: Absences du conseil": false, "Subject: =?x?q?R?=": false,
	} {
		got, err := Read(seal, sample(t, "none-reply", subject, field), received)
		if (err == nil) != want || (want && got.Kind != mail.EventAutoReply) {
			t.Errorf("%s: %s, %v", field, got.Kind, err)
		}
	}
}

// The time is the mailbox's, in the milliseconds that are kept, and no report is older than its mail.
func TestTimes(t *testing.T) {
	for _, c := range []struct {
		name     string
		received time.Time
		want     time.Time
	}{
		{"in another zone", received, received.UTC()},
		{"finer than is kept", received.Add(1234567), received.Add(time.Millisecond).UTC()},
		{"of a clock that is behind", sent.Add(-time.Hour), sent},
		{"none", time.Time{}, sent},
		{"of no year that is kept", time.Date(12_000, 1, 1, 0, 0, 0, 0, time.UTC), sent},
	} {
		if got, err := Read(seal, sample(t, "qmail"), c.received); err != nil || got.At != c.want || got.SentAt != sent {
			t.Errorf("%s: %s of a mail of %s, %v", c.name, got.At, got.SentAt, err)
		}
	}
}

// What is deeper, longer or more than a report ever is is not read; nothing of it costs more than its size.
func TestBounds(t *testing.T) {
	inside := func(depth int) []byte {
		raw := sample(t, "postfix-no-mailbox")
		for i := range depth {
			raw = []byte("Content-Type: multipart/mixed; boundary=b" + strings.Repeat("x", i) + "\r\n\r\n--b" + strings.Repeat("x", i) + "\r\n" + string(raw) +
				"\r\n--b" + strings.Repeat("x", i) + "--\r\n")
		}
		return raw
	}
	before := func(n int, part string) []byte {
		return sample(t, "postfix-no-mailbox", "This is a MIME-encapsulated message.\n", strings.Repeat("\n--4XyZ1A2b3Cz1.1764579910/relais.hebergeur.example\n"+part, n))
	}
	for _, c := range []struct {
		name   string
		raw    []byte
		wanted bool
	}{
		{"in three parts", inside(maxDepth - 1), true},
		{"in more", inside(maxDepth), false},
		{"behind a few parts", before(maxParts-5, "\nx"), true},
		{"behind more", before(maxParts, "\nx"), false},
		{"behind a long text", before(1, "\n"+strings.Repeat("0123456789abcde\n", MaxSize/16/2)), true},
		{"behind a longer one", before(1, "\n"+strings.Repeat("0123456789abcde\n", MaxSize/16)), false},
		{"nothing", nil, false},
		{"no header", []byte("\r\n\r\n"), false},
		{"a header that is none", []byte("x\r\n\r\n"), false},
		{"a multipart without a boundary", []byte("Content-Type: multipart/report\r\n\r\n--\r\n\r\nx"), false},
	} {
		got, err := Read(seal, c.raw, received)
		if ok := err == nil && got.Tags == named; ok != c.wanted {
			t.Errorf("%s: got %+v, %v", c.name, got, err)
		}
	}
}

// What was cut says what it says or nothing, never another thing.
func TestWhatWasCut(t *testing.T) {
	for name, whole := range samples {
		raw := sample(t, name)
		for n := 0; n < len(raw); n += 11 {
			got, err := Read(seal, raw[:n], received)
			if err == nil && (got.Tags != named || got.Kind != whole.kind && got.Kind != mail.EventAutoReply) {
				t.Fatalf("%s, cut after %d bytes: %+v", name, n, got)
			}
		}
	}
}

// Whatever is read, it is of a mail of ours, and can be noted.
func FuzzRead(f *testing.F) {
	for name := range samples {
		f.Add(sample(f, name))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := Read(seal, raw, received)
		if err != nil {
			if e != (mail.Event{}) || !errors.Is(err, mail.ErrNoMail) {
				t.Errorf("got %+v, %v", e, err)
			}
			return
		}
		if e.Tags != named || !e.SentAt.Equal(sent) || e.At != received.UTC() {
			t.Errorf("an event of %+v of %s at %s", e.Tags, e.SentAt, e.At)
		}
		if (e.Kind == mail.EventBounced) && e.Reason == mail.ReasonNone || e.Kind == mail.EventAutoReply && e.Reason != mail.ReasonNone {
			t.Errorf("%s because of %q", e.Kind, e.Reason)
		}
	})
}
