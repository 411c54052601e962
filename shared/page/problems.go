package page

// Problem is what a person reads when something went wrong: what happened, and what to do. Code is the one of the
// refusal or of the edge.
type Problem struct {
	Code   string
	Title  string
	Text   string // what happened, and that nothing was lost where that is so
	Todo   string // what to do
	Button string // of the link or the form that leads on, where the page has one
	Offer  string // what to do instead, where the page has the form of the button
}

const call = "Si cela se reproduit, appelez le secrétariat."

// problems are looked through, never changed. A wrong link and an unknown one are one same page.
var problems = [...]Problem{
	{
		Code: "link_unknown", Title: "Ce lien ne fonctionne pas",
		Text: "L’adresse est incomplète, ou ce lien n’est plus valable.",
		Todo: "Retrouvez le courriel le plus récent et touchez son bouton «\u00a0Ouvrir la convocation\u00a0». Si cela ne suffit pas, appelez le secrétariat\u00a0: son numéro figure dans le courriel.",
	},
	{
		Code: "link_closed", Title: "Ce lien a été fermé",
		Text: "Le secrétariat a fermé ce lien. Il ne permet plus de lire la convocation ni d’y répondre.",
		Todo: "Si vous avez reçu un courriel plus récent, ouvrez celui-là. Sinon, appelez le secrétariat.",
	},
	{
		Code: "link_expired", Title: "Ce lien a expiré",
		Text: "Ce lien n’est plus valable\u00a0: la durée prévue pour lire la convocation est passée.",
		Todo: "Appelez le secrétariat si vous avez besoin de la relire.", Button: "Recevoir un nouveau lien",
		Offer: "Vous pouvez recevoir un nouveau lien. Il est envoyé à l’adresse que le secrétariat connaît, et à aucune autre.",
	},
	{
		Code: "password_needed", Title: "Un mot de passe est demandé",
		Text: "Cette convocation s’ouvre avec un mot de passe. Le secrétariat vous l’a donné autrement que par courriel.",
		Todo: "Saisissez-le, puis touchez «\u00a0Ouvrir la convocation\u00a0». Si vous ne l’avez pas, appelez le secrétariat.", Button: "Saisir le mot de passe",
	},
	{
		Code: "password_wrong", Title: "Ce n’est pas le bon mot de passe",
		Text: "La convocation n’est pas encore ouverte.",
		Todo: "Saisissez le mot de passe à nouveau, avec ses majuscules et ses minuscules. Si vous ne l’avez plus, appelez le secrétariat.", Button: "Saisir le mot de passe",
	},
	{
		Code: "password_locked", Title: "Trop de mots de passe erronés",
		Text: "Pour protéger la convocation, aucun mot de passe n’est accepté pendant un moment, même le bon.",
		Todo: "Patientez, puis saisissez le mot de passe à nouveau. Si vous ne l’avez plus, appelez le secrétariat.", Button: "Saisir le mot de passe",
	},
	{
		Code: "replies_closed", Title: "Il n’est plus possible de répondre ici",
		Text: "Le moment jusqu’auquel les réponses étaient attendues est passé. Les réponses que vous avez envoyées sont conservées.",
		Todo: "Appelez le secrétariat pour répondre ou pour changer votre réponse.", Button: "Revenir à la convocation",
	},
	{
		Code: "presence_missing", Title: "Il manque votre présence",
		Text: "Aucune des réponses proposées n’est cochée. Ce que vous avez saisi est conservé.",
		Todo: "Cochez l’une des réponses.", Button: "Compléter ma réponse",
	},
	{
		Code: "presence_invalid", Title: "Cette réponse n’est pas possible",
		Text: "Elle n’est pas proposée pour cette séance. Ce que vous avez écrit est conservé.",
		Todo: "Cochez l’une des réponses proposées.", Button: "Modifier ma réponse",
	},
	{
		Code: "proxy_guest", Title: "Vous ne pouvez pas donner pouvoir",
		Text: "Seuls les membres de l’assemblée peuvent donner pouvoir. Ce que vous avez écrit est conservé.",
		Todo: "Cochez une autre réponse.", Button: "Modifier ma réponse",
	},
	{
		Code: "proxy_holder_missing", Title: "Il manque le nom pour votre pouvoir",
		Text: "Vous donnez pouvoir, mais personne n’est choisi dans la liste. Ce que vous avez saisi est conservé.",
		Todo: "Choisissez une personne, ou cochez une autre réponse.", Button: "Compléter ma réponse",
	},
	{
		Code: "proxy_holder_unknown", Title: "Cette personne ne peut pas recevoir votre pouvoir",
		Text: "Un pouvoir se donne à un autre membre de l’assemblée, convoqué à cette séance. Ce que vous avez écrit est conservé.",
		Todo: "Choisissez une autre personne, ou cochez une autre réponse.", Button: "Modifier ma réponse",
	},
	{
		Code: "proxy_self", Title: "Vous ne pouvez pas vous donner pouvoir",
		Text: "Un pouvoir se donne à un autre membre de l’assemblée. Ce que vous avez écrit est conservé.",
		Todo: "Choisissez une autre personne, ou cochez une autre réponse.", Button: "Modifier ma réponse",
	},
	{
		Code: "proxy_taken", Title: "Cette personne a déjà reçu un pouvoir",
		Text: "Elle ne peut pas en recevoir d’autre pour cette séance. Le reste de votre réponse est conservé.",
		Todo: "Choisissez une autre personne, ou cochez une autre réponse.", Button: "Modifier ma réponse",
	},
	{
		Code: "proxy_holder_absent", Title: "Cette personne ne sera pas à la séance",
		Text: "Elle a annoncé qu’elle n’y serait pas, et ne peut donc pas voter pour vous. Le reste de votre réponse est conservé.",
		Todo: "Choisissez une autre personne, ou cochez une autre réponse.", Button: "Modifier ma réponse",
	},
	{
		Code: "document_infected", Title: "Ce document contient un virus",
		Text: "L’antivirus l’a refusé, et il ne sera pas envoyé. Le reste de votre réponse est conservé.",
		Todo: "Retirez-le, puis joignez un autre document si besoin.", Button: "Revoir les documents",
	},
	{
		Code: "document_scanning", Title: "Un document n’est pas encore contrôlé",
		Text: "L’antivirus regarde encore un document de votre réponse. Elle n’est pas encore envoyée, et rien n’est perdu.",
		Todo: "Patientez une minute, puis touchez à nouveau «\u00a0Envoyer ma réponse\u00a0».", Button: "Relire ma réponse",
	},
	{
		Code: "reply_changed", Title: "Votre réponse a changé entre-temps",
		Text: "Votre réponse a été modifiée dans une autre fenêtre. Elle n’est pas encore envoyée, et rien n’est perdu.",
		Todo: "Relisez-la, puis envoyez-la.", Button: "Relire ma réponse",
	},
	{
		Code: "reply_not_begun", Title: "Il n’y a pas de réponse à envoyer",
		Text: "Aucune réponse n’est enregistrée, ou elle a déjà été envoyée.",
		Todo: "Revenez à la convocation pour vérifier.", Button: "Revenir à la convocation",
	},
	{
		Code: "reply_empty", Title: "Votre réponse est vide",
		Text: "Votre réponse ne contient pas encore de texte.",
		Todo: "Écrivez quelques mots, par exemple «\u00a0Je serai présent(e)\u00a0».", Button: "Écrire ma réponse",
	},
	{
		Code: "reply_too_long", Title: "Votre réponse est trop longue",
		Text: "Votre réponse dépasse 5\u202f000 caractères.",
		Todo: "Raccourcissez-la, ou joignez un document.", Button: "Modifier ma réponse",
	},
	{
		Code: "reply_not_for_copies", Title: "Aucune réponse n’est attendue",
		Text: "Cette convocation vous a été adressée en copie, pour information.",
		Todo: "Pour joindre le secrétariat, appelez-le ou écrivez-lui.", Button: "Revenir à la convocation",
	},
	{
		Code: "too_many_documents", Title: "Il y a trop de documents",
		Text: "Une réponse peut contenir 5\u00a0documents au plus. Ceux qui sont déjà joints sont conservés.",
		Todo: "Retirez un document pour en joindre un autre.", Button: "Revoir les documents",
	},
	{
		Code: "too_many_reply_uploads", Title: "Trop de documents ont été déposés",
		Text: "50\u00a0documents ont déjà été déposés par votre lien, en comptant ceux que vous avez retirés. Ceux qui sont joints sont conservés.",
		Todo: "Appelez le secrétariat pour lui en remettre d’autres.", Button: "Revoir les documents",
	},
	{
		Code: "documents_too_large", Title: "Les documents sont trop lourds",
		Text: "Les documents d’une réponse peuvent peser 20\u00a0Mo au plus, ensemble. Ceux qui sont déjà joints sont conservés.",
		Todo: "Retirez un document, ou joignez-en un plus léger.", Button: "Revoir les documents",
	},
	{
		Code: "document_too_large", Title: "Ce document est trop lourd",
		Text: "Un document peut peser 10\u00a0Mo au plus. Votre réponse n’est pas perdue.",
		Todo: "Revenez à la page précédente, et joignez un document plus léger.", Button: "Choisir un autre document",
	},
	{
		Code: "document_kind_refused", Title: "Ce type de document n’est pas accepté",
		Text: "Vous pouvez joindre un PDF, un document Word, Excel ou LibreOffice (sans macro), ou une image JPEG, PNG ou HEIC. Votre réponse n’est pas perdue.",
		Todo: "Revenez à la page précédente, et joignez un document de l’un de ces types, par exemple une photo.", Button: "Choisir un autre document",
	},
	{
		Code: "document_empty", Title: "Ce document est vide",
		Text: "Le document choisi ne contient rien. Votre réponse n’est pas perdue.",
		Todo: "Revenez à la page précédente, et choisissez un autre document.", Button: "Choisir un autre document",
	},
	{
		Code: "document_unknown", Title: "Ce document n’est plus là",
		Text: "Ce document ne fait pas, ou ne fait plus, partie de la convocation.",
		Todo: "Revenez à la page précédente pour voir ses documents.", Button: "Revenir à la convocation",
	},
	{
		Code: "upload_expired", Title: "La page est restée ouverte trop longtemps",
		Text: "Le document n’a pas pu être joint. Votre réponse n’est pas perdue.",
		Todo: "Revenez à la page précédente, rechargez-la, puis choisissez à nouveau le document.", Button: "Choisir à nouveau",
	},
	{
		Code: "upload_slow", Title: "Le document n’est pas arrivé à temps",
		Text: "La connexion est trop lente, ou s’est interrompue. Votre réponse n’est pas perdue.",
		Todo: "Revenez à la page précédente, et réessayez, si possible avec une meilleure connexion ou un document plus léger.", Button: "Choisir à nouveau",
	},
	{
		Code: "download_expired", Title: "Ce téléchargement a expiré",
		Text: "L’adresse d’un document ne vaut que quelques minutes.",
		Todo: "Revenez à la page précédente, ou fermez cet onglet, puis ouvrez le document à nouveau.",
	},
	{
		Code: "files_unavailable", Title: "Le document n’a pas pu être traité",
		Text: "Le service des documents est momentanément indisponible. Votre réponse n’est pas perdue.",
		Todo: "Patientez une minute, revenez à la page précédente, puis réessayez. " + call,
	},
	{
		Code: "signed_out", Title: "Votre session est terminée",
		Text: "Cette page est réservée au secrétariat. Rien n’a été perdu.",
		Todo: "Revenez à l’onglet où vous écriviez et identifiez-vous, puis ouvrez cette page à nouveau.",
	},
	{
		Code: "unavailable", Title: "Le service est momentanément indisponible",
		Text: "Votre dernière action n’a peut-être pas abouti. Ce qui était déjà enregistré est conservé.",
		Todo: "Patientez une minute, puis réessayez. " + call, Button: "Réessayer",
	},
	{
		Code: "body_too_large", Title: "L’envoi est trop volumineux",
		Text: "Ce que vous avez envoyé dépasse la taille acceptée.",
		Todo: "Revenez à la page précédente et raccourcissez votre texte.", Button: "Revenir à la convocation",
	},
	{
		Code: "body_slow", Title: "Votre envoi n’est pas arrivé à temps",
		Text: "La connexion est trop lente, ou s’est interrompue. Ce qui était déjà enregistré est conservé.",
		Todo: "Revenez à la page précédente, et réessayez, si possible avec une meilleure connexion.", Button: "Revenir à la convocation",
	},
	{
		Code: "method", Title: "Cette page ne s’ouvre pas ainsi",
		Text: "Cette adresse sert à une action, pas à la lecture d’une page.",
		Todo: "Ouvrez à nouveau le lien de votre courriel.", Button: "Revenir à la convocation",
	},
	{
		Code: "not_found", Title: "Cette page n’existe pas",
		Text: "L’adresse est incomplète ou erronée.",
		Todo: "Ouvrez à nouveau le lien de votre courriel.",
	},
	{
		Code: "too_many_replies", Title: "Trop de réponses ont été envoyées",
		Text: "20\u00a0réponses sont déjà parties par ce lien. La dernière compte, et celle-ci n’est pas envoyée.",
		Todo: "Appelez le secrétariat\u00a0: il enregistrera votre réponse.", Button: "Revenir à la convocation",
	},
	{
		Code: "body_invalid", Title: "Votre réponse n’a pas pu être lue",
		Text: "Elle est arrivée incomplète. Ce qui était déjà enregistré est conservé.",
		Todo: "Revenez à la page précédente et recommencez. " + call, Button: "Revenir à la convocation",
	},
	{
		Code: "changed_meanwhile", Title: "D’autres réponses arrivent au même moment",
		Text: "La vôtre n’est pas encore envoyée, et rien n’est perdu.",
		Todo: "Patientez quelques secondes, puis touchez à nouveau «\u00a0Envoyer ma réponse\u00a0».", Button: "Relire ma réponse",
	},
	{
		Code: "scan_unanswered", Title: "Ce document n’a pas pu être contrôlé",
		Text: "L’antivirus n’a pas répondu, et le document ne sera pas envoyé. Le reste de votre réponse est conservé.",
		Todo: "Retirez-le, puis joignez-le à nouveau, ou appelez le secrétariat.", Button: "Revoir les documents",
	},
	{
		Code: "fault", Title: "Une erreur est survenue",
		Text: "L’erreur vient de notre côté. Ce qui était déjà enregistré est conservé.",
		Todo: "Patientez une minute, puis réessayez. " + call, Button: "Réessayer",
	},
}

// ProblemOf gives what is said for a code. The codes of a reply's documents are also known by the names they have in a
// reply; a code that is not known is « fault ».
func ProblemOf(code string) Problem {
	switch code {
	case "too_many_reply_documents":
		code = "too_many_documents"
	case "reply_documents_too_large":
		code = "documents_too_large"
	}
	for _, p := range problems {
		if p.Code == code {
			return p
		}
	}
	return problems[len(problems)-1]
}

// Problems lists what can be said.
func Problems() []Problem { return append([]Problem(nil), problems[:]...) }
