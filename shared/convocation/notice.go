package convocation

// NoticeID names a notice: « ntc_ » and 16 characters derived from what it tells of.
type NoticeID string

// NoticePrefix begins it.
const NoticePrefix = "ntc_"

// Notice is a mail that tells one recipient what an answer has changed (« avis »). It has no link: whoever wants to go on
// opens the convocation again. It is sent like the convocation itself, by attempts of its own.
type Notice struct {
	ID    NoticeID // empty: the convocation itself
	Kind  NoticeKind
	Reply int    // NoticeReceipt: the version it confirms
	Other string // the name of the other person concerned
}

// NoticeKind is what a notice tells.
type NoticeKind string

// The kinds of notices.
const (
	NoticeReceipt    NoticeKind = "receipt"     // to whoever answered: what was answered, and when
	NoticeProxyHeld  NoticeKind = "proxy_held"  // to the holder: Other gives her a proxy
	NoticeProxyEnded NoticeKind = "proxy_ended" // to the holder: Other has taken her proxy back
	NoticeProxyBack  NoticeKind = "proxy_back"  // to the giver, who has taken her proxy back from Other
	NoticeProxyFell  NoticeKind = "proxy_fell"  // to the giver: Other will not be there, the proxy fell
	NoticeProxyLost  NoticeKind = "proxy_lost"  // to the holder, who will not be there: Other's proxy fell
)
