package web

import (
	"strings"

	"convoc/shared/contactfile"
	"convoc/shared/convocation"
	"convoc/shared/errs"
	"convoc/shared/french"
	"convoc/shared/mail"
)

// messages are what a person reads for each code of a refusal: what happened, what to do, and that nothing was lost.
// %s stands for the thing concerned. A test holds the list against every code that the product defines.
var messages = map[string]string{
	// everywhere
	"fault":             "Une erreur est survenue de notre côté. Rien n'a été perdu. Réessayez dans un instant.",
	"wall":              "Une erreur est survenue de notre côté. Rien n'a été perdu. Réessayez dans un instant.",
	"unavailable":       "Le service est momentanément indisponible. Rien n'a été perdu. Réessayez dans une minute.",
	"not_found":         "Cette page ou cet élément n'existe pas, ou n'existe plus.",
	"foreign_page":      "Cette demande vient d'une page d'un autre site : elle a été refusée. Ouvrez Convoc à son adresse habituelle, puis recommencez.",
	"method":            "Cette adresse ne s'utilise pas ainsi.",
	"denied":            "Votre compte ne permet pas cette action. Demandez à un administrateur de votre collectivité.",
	"signed_out":        "Votre session est terminée. Identifiez-vous pour continuer : rien n'a été perdu.",
	"changed_meanwhile": "Une autre fenêtre ou une autre personne a modifié cet élément. Rechargez la page pour voir la dernière version.",
	"cursor_invalid":    "La liste a changé depuis qu'elle a été affichée. Rechargez la page.",
	"content_type":      "La demande n'est pas dans un format accepté.",
	"body_invalid":      "La demande n'a pas pu être lue.",
	"body_too_large":    "La demande est trop volumineuse.",
	"body_slow":         "La demande n'est pas arrivée à temps : la connexion est trop lente. Réessayez.",

	// signing in
	"wrong_credentials":       "L'identifiant ou le mot de passe n'est pas le bon.",
	"too_many_tries":          "Trop d'essais. Patientez %s, puis réessayez.",
	"invitation_unknown":      "Cette invitation n'est pas valable ou a déjà servi. Demandez-en une autre.",
	"already_set_up":          "Cette installation a déjà un administrateur. Identifiez-vous.",
	"code_needed":             "Entrez le code de votre application d'authentification.",
	"code_wrong":              "Ce code n'est pas le bon, ou il a déjà servi. Attendez le suivant, puis réessayez.",
	"code_refused":            "Ce code n'est pas le bon, ou il a déjà servi. Attendez le suivant, puis réessayez.",
	"no_access":               "Votre accès est désactivé. Adressez-vous à un administrateur de votre collectivité.",
	"other_collectivity":      "Vous travaillez maintenant pour une autre collectivité, choisie dans une autre fenêtre. Rechargez la page : rien n'a été enregistré ici.",
	"present_wrong":           "Votre mot de passe actuel n'est pas le bon.",
	"reset_over":              "Ce lien a déjà servi, ou il date de plus d'une heure. Demandez-en un autre.",
	"factor_on":               "La double authentification est déjà activée.",
	"factor_off":              "La double authentification n'est pas activée. Recommencez.",
	"mail_unsent":             "Le courriel n'est pas parti. Vérifiez l'adresse, puis réessayez dans un instant : rien n'a été perdu.",
	"role_unknown":            "Choisissez un rôle de la liste.",
	"user_name_too_long":      "Le nom dépasse 200 caractères.",
	"own_role":                "Vous ne pouvez pas changer votre propre rôle. Demandez à un autre administrateur.",
	"too_many_users":          "La collectivité compte déjà 200 utilisateurs et invitations.",
	"too_many_collectivities": "Cette personne travaille déjà pour 40 collectivités.",
	"login_taken":             "Cet identifiant est déjà pris. Choisissez-en un autre.",
	"collectivity_exists":     "Une collectivité porte déjà ce SIREN.",
	"tree_too_deep":           "Une collectivité se rattache sur cinq niveaux au plus.",
	"settings_invalid":        "Cette valeur n'est pas proposée.",
	"siren_invalid":           "Le SIREN compte neuf chiffres. Vérifiez le numéro (000000000 est accepté pour un essai).",

	"name_missing":       "Indiquez un nom.",
	"login_invalid":      "L'identifiant compte de 1 à 100 caractères, sans « # ».",
	"mail_invalid":       "Cette adresse de courriel n'est pas valable.",
	"password_too_short": "Le mot de passe compte %s caractères au moins. Une phrase que vous retiendrez convient très bien.",
	"password_too_long":  "Le mot de passe compte 256 caractères au plus.",
	"password_guessed":   "Ce mot de passe est trop facile à deviner. Choisissez une phrase qui n'appartient qu'à vous.",

	// importing
	"import_file":             "Ce fichier n'est pas un fichier de contacts lisible. %s Rien n'a été perdu.",
	"import_options":          "« %s » n'est pas un choix possible pour lire ce fichier. Rechargez la page : rien n'a été perdu.",
	"import_too_large":        "Le fichier dépasse 20 Mo.",
	"import_too_many_lines":   "Le fichier dépasse 200 000 lignes.",
	"import_no_address":       "Aucune ligne du fichier ne contient d'adresse de courriel. Vérifiez que c'est le bon fichier.",
	"import_not_arrived":      "Le fichier n'est pas encore arrivé. Déposez-le à nouveau.",
	"import_busy":             "Un autre import est en cours. Réessayez dans un instant : rien n'a été perdu.",
	"import_undecided":        "Une question attend votre réponse au sujet de « %s ».",
	"import_many_groups":      "Le fichier nomme plus de 1 000 groupes. Vérifiez que ses colonnes contiennent bien des groupes.",
	"import_begun":            "Cet import a commencé : ses choix ne changent plus. Rechargez la page pour voir où il en est.",
	"import_many_chosen":      "Plus de 3 000 lignes ont une correction ou une réponse. Corrigez plutôt le fichier, puis déposez-le à nouveau.",
	"import_undone":           "Cet import a été annulé. Déposez le fichier à nouveau pour l'importer.",
	"import_undo_late":        "Cet import date de plus de 24 heures : il ne peut plus être annulé. Corrigez les contacts dans l'annuaire.",
	"import_not_begun":        "Cet import n'a rien changé : il n'y a rien à annuler.",
	"line_address_missing":    "Il n'y a pas d'adresse de courriel sur cette ligne.",
	"line_address_invalid":    "L'adresse de courriel n'est pas valable.",
	"line_too_many_addresses": "Cette ligne a plus de deux adresses de courriel. Gardez-en deux au plus.",
	"line_several_persons":    "Une case contient plusieurs personnes. Donnez une ligne à chacune.",
	"line_cell_too_long":      "Une case de cette ligne dépasse 4 000 caractères.",
	"line_too_long":           "Cette ligne est trop longue (plus de 500 Ko). Vérifiez qu'un guillemet n'y reste pas ouvert.",
	"line_detail_too_long":    "Une civilité, une fonction, un prénom, un nom ou un téléphone dépasse 200 caractères.",
	"line_yes_no_invalid":     "Une case attend « oui » ou « non ».",
	"line_rank_invalid":       "L'ordre du tableau est un nombre de 1 à 9 999.",
	"line_too_many_columns":   "Cette ligne a plus de 66 colonnes.",
	"line_name_too_long":      "Le nom dépasse 200 caractères.",
	"line_group_too_long":     "Le nom d'un groupe dépasse 100 caractères.",
	"line_too_many_groups":    "Ce contact ferait partie de plus de 64 groupes.",
	"line_third_address":      "Ce contact a déjà deux autres adresses. Retirez-en une dans l'annuaire, ou laissez cette ligne de côté.",
	"line_substitute_unknown": "La personne dont ce contact est suppléant n'est ni dans l'annuaire ni dans le fichier. Vérifiez son nom.",
	"line_substitute_several": "Plusieurs personnes portent le nom de celle dont ce contact est suppléant. Indiquez-la dans l'annuaire après l'import.",
	"line_late_question":      "Une autre personne a reçu cette adresse pendant l'import. Importez cette ligne à nouveau pour répondre.",
	"line_many_questions":     "Trop de personnes à la même adresse : 1 000 questions sont posées au plus. Importez d'abord les autres lignes, puis ce fichier à nouveau.",

	// directory
	"name_too_long":          "Le nom dépasse 200 caractères.",
	"name_empty":             "Indiquez un nom ou une adresse.",
	"too_many_addresses":     "Un contact a deux adresses au plus.",
	"address_invalid":        "« %s » n'est pas une adresse de courriel. Corrigez-la : rien n'a été perdu.",
	"too_many_groups":        "Un contact peut faire partie de 64 groupes au plus.",
	"contact_field_too_long": "Ce champ dépasse %s caractères.",
	"rank_invalid":           "Le rang dans l'ordre du tableau va de 1 à 9999. Laissez vide s'il n'y en a pas.",
	"substitute_invalid":     "Cette personne n'existe plus dans les contacts, ou est le contact lui-même. Choisissez-en une autre comme titulaire.",
	"merge_few":              "Choisissez de 2 à 20 contacts différents à fusionner.",
	"group_name_empty":       "Donnez un nom au groupe.",
	"group_name_too_long":    "Le nom du groupe dépasse 100 caractères.",
	"group_gone":             "L'un des groupes choisis n'existe plus. Rechargez la page : rien n'a été perdu.",
	"group_exists":           "Un groupe porte déjà le nom « %s ».",
	"group_unknown":          "Le groupe « %s » n'existe plus. Retirez-le des destinataires ou créez-le à nouveau.",
	"group_empty":            "Le groupe « %s » est vide : personne ne recevrait la convocation. Ajoutez-y des contacts ou retirez-le.",
	"contact_inactive":       "« %s » n'est plus en fonction. Retirez cette personne des destinataires, ou rendez-la active dans les contacts.",
	"contact_unknown":        "Le contact « %s » n'existe plus. Retirez-le des destinataires.",

	// drafts and sending
	"subject_empty":         "Indiquez l'objet de la convocation.",
	"subject_too_long":      "L'objet dépasse 200 caractères.",
	"subject_invalid":       "L'objet contient un caractère qui ne peut pas être envoyé (retour à la ligne, par exemple).",
	"message_too_long":      "Le message dépasse 20 000 caractères. Joignez plutôt un document.",
	"too_many_entries":      "Il y a trop de destinataires à la suite : 1 000 par champ, et moins quand leurs noms sont longs. Créez plutôt un groupe.",
	"no_recipient":          "Indiquez au moins un destinataire.",
	"already_sent":          "Cette convocation est déjà partie : elle ne peut plus être modifiée.",
	"not_sent":              "Cette convocation n'est pas encore partie.",
	"already_left":          "L'envoi a commencé : il ne peut plus être repris. Vous pouvez annuler ce qui n'est pas encore parti.",
	"send_at_invalid":       "L'envoi ne peut pas être programmé pour ce moment : choisissez une date à venir, avant la séance et avant la fin des réponses.",
	"nothing_sending":       "Plus rien n'attend d'être envoyé.",
	"not_in_review":         "On sait déjà ce qu'est devenu ce courriel. Rechargez la page.",
	"not_blocked":           "Le service d'envoi ne bloque pas cette adresse. Rechargez la page.",
	"remind_days_invalid":   "Le rappel part de 1 à 30 jours avant la fin des réponses. Corrigez ce nombre, ou laissez vide.",
	"still_sending":         "L'envoi est encore en cours. Attendez qu'il soit terminé.",
	"document_pending":      "Le document « %s » n'est pas encore arrivé. Attendez la fin de l'envoi du document, ou retirez-le.",
	"upload_lost":           "Le document « %s » n'est jamais arrivé. Retirez-le et ajoutez-le à nouveau.",
	"document_too_large":    "Le document « %s » dépasse 100 Mo. Réduisez-le ou partagez-le en plusieurs.",
	"documents_too_large":   "Avec « %s », les documents dépasseraient 500 Mo ensemble.",
	"too_many_documents":    "Une convocation compte 50 documents au plus.",
	"document_kind_refused": "« %s » n'est pas d'un type accepté. Les types acceptés sont : PDF, Word, Excel, OpenDocument (sans macro), JPEG, PNG et HEIC.",
	"document_empty":        "Le document « %s » est vide.",
	"document_unknown":      "Ce document n'existe pas, ou n'existe plus.",
	"document_infected":     "L'antivirus a trouvé un virus dans « %s ». Retirez ce document.",
	"document_scanning":     "L'antivirus regarde encore « %s ». Patientez une minute, puis réessayez : rien n'a été perdu.",
	"link_days_invalid":     "Les liens restent ouverts de 7 à 400 jours. Corrigez cette durée.",
	"replies_until_invalid": "Les réponses ne sont attendues ni après la séance, ni jusqu'à un moment déjà passé. Corrigez cette date.",
	"date_invalid":          "La date et l'heure « %s » n'existent pas. Corrigez-les : rien n'a été perdu.",

	"opening_password_short": "Le mot de passe d'une convocation compte 6 caractères au moins.",
	"opening_password_long":  "Le mot de passe d'une convocation compte 256 caractères au plus.",

	// assemblies and meetings
	"assembly_unknown":      "Cette assemblée n'existe plus. Choisissez-en une autre : rien n'a été perdu.",
	"assembly_name_invalid": "Donnez un nom à l'assemblée, de 1 à 120 caractères.",
	"assembly_name_taken":   "Une assemblée porte déjà ce nom.",
	"body_unknown":          "Choisissez le type de l'assemblée.",
	"members_invalid":       "Indiquez le nombre de membres en exercice, de 1 à 500.",
	"rule_invalid":          "Le délai compte 60 jours au plus, et une personne ne reçoit qu'un pouvoir, sauf règles propres (5 au plus). Laissez 0 pour suivre la loi.",
	"place_too_long":        "Le lieu dépasse 300 caractères.",
	"signatory_too_long":    "Le nom du signataire dépasse 200 caractères.",
	"agenda_too_long":       "L'ordre du jour compte 100 points au plus, de 500 caractères chacun et de 20 000 caractères ensemble.",
	"meeting_date_missing":  "Indiquez la date et l'heure de la séance.",
	"meeting_place_missing": "Indiquez le lieu de la séance.",
	"meeting_past":          "La date de la séance est passée. Corrigez-la avant d'envoyer.",
	"meeting_too_far":       "La séance est dans plus d'un an. Vérifiez l'année.",
	"occasion_unknown":      "Cette sorte de séance n'existe pas. Choisissez-en une dans la liste.",
	"too_many_councillors":  "Plus de 500 destinataires compteraient comme membres de l'assemblée « %s ». Indiquez le groupe de ses membres.",
	"no_councillor":         "Aucun destinataire n'est membre de l'assemblée « %s ». Ajoutez son groupe aux destinataires.",
	"delay_too_short":       "Le délai légal n'est plus respecté pour cette séance. Choisissez une autre date ou, s'il y a urgence, indiquez-en le motif.",
	"urgency_reason_short":  "Le motif de l'urgence compte 20 caractères au moins : l'assemblée l'entendra à l'ouverture de la séance.",
	"urgency_reason_long":   "Le motif de l'urgence dépasse 500 caractères.",

	// replies
	"reply_empty":               "Écrivez votre réponse avant de l'enregistrer.",
	"reply_too_long":            "Votre réponse dépasse 5 000 caractères. Raccourcissez-la ou joignez un document.",
	"reply_changed":             "Votre réponse a été modifiée dans une autre fenêtre. Relisez-la avant de l'envoyer.",
	"reply_not_begun":           "Vous n'avez pas encore écrit de réponse.",
	"reply_not_for_copies":      "Vous avez reçu cette convocation en copie : aucune réponse n'est attendue de vous.",
	"too_many_reply_documents":  "Une réponse compte 5 documents au plus.",
	"reply_documents_too_large": "Les documents d'une réponse comptent 20 Mo au plus ensemble.",
	"too_many_replies":          "20 réponses ont déjà été envoyées par ce lien. Appelez le secrétariat : il enregistrera la suite.",
	"too_many_reply_uploads":    "50 documents ont déjà été déposés par ce lien. Appelez le secrétariat.",
	"link_unknown":              "Ce lien n'est pas valable. Ouvrez celui de votre courriel, ou téléphonez au secrétariat.",
	"link_closed":               "Ce lien a été fermé par le secrétariat.",
	"link_expired":              "Ce lien n'est plus valable : la durée prévue pour lire la convocation est passée.",
	"password_needed":           "Saisissez le mot de passe de la convocation. Le secrétariat vous l'a donné autrement que par courriel.",
	"password_wrong":            "Ce n'est pas le mot de passe de cette convocation.",
	"password_locked":           "Trop de mots de passe erronés : aucun n'est accepté pendant un moment. Patientez, puis réessayez.",
	"replies_closed":            "Il n'est plus possible de répondre par ce lien. Appelez le secrétariat.",
	"no_reply_document":         "Aucune réponse ne contient de document.",
	"replies_too_large":         "Les documents des réponses dépassent 200 Mo ensemble. Téléchargez-les un par un.",
	"behalf_way_unknown":        "Indiquez comment la réponse est arrivée : par téléphone, sur papier, par courriel ou de vive voix.",
	"behalf_reason_missing":     "Indiquez qui a répondu et quand, en 500 caractères au plus.",

	// presence
	"presence_missing":     "Indiquez si la personne sera présente ou absente.",
	"presence_invalid":     "Cette réponse n'est pas proposée pour cette séance.",
	"proxy_holder_missing": "Choisissez la personne qui reçoit le pouvoir.",
	"proxy_holder_unknown": "Cette personne n'est pas membre de l'assemblée : elle ne peut pas recevoir de pouvoir.",
	"proxy_holder_absent":  "Cette personne ne sera pas à la séance : elle ne peut pas recevoir de pouvoir.",
	"proxy_taken":          "Cette personne a déjà reçu autant de pouvoirs qu'elle peut en recevoir.",
	"proxy_self":           "Personne ne se donne pouvoir à soi-même.",
	"proxy_guest":          "Seuls les membres de l'assemblée peuvent donner pouvoir.",
}

// say is what a person reads of a refusal.
func say(e *errs.Error) string { return frenchCode(e.Code, e.About) }

// frenchCode is what a person reads for a code that was stored.
func frenchCode(code, about string) string {
	message, known := messages[code]
	if !known {
		message = messages[errFault.Code]
	}
	if code == contactfile.ErrFile.Code {
		about = french.Typo(fileKinds[about])
	}
	return strings.ReplaceAll(french.Typo(message), "%s", about) // what is named stays as it was typed
}

// fileKinds say what a file is that holds no contacts that can be read, and what to do.
var fileKinds = map[string]string{
	contactfile.CodeEmpty:     "Il est vide. Vérifiez que c'est le bon fichier, et qu'il a été enregistré.",
	contactfile.CodeHTML:      "C'est une page web. " + openAndSave,
	contactfile.CodeMHT:       "C'est une page web. " + openAndSave,
	contactfile.CodeXLSX:      "C'est un classeur Excel qui n'a pas pu être ouvert : il est abîmé ou incomplet. " + openAndSave,
	contactfile.CodeXLSM:      "C'est un classeur Excel avec des macros. Dans Excel, choisissez « Enregistrer sous », puis « Classeur Excel (.xlsx) ».",
	contactfile.CodeXLSB:      "C'est un classeur Excel binaire. Dans Excel, choisissez « Enregistrer sous », puis « Classeur Excel (.xlsx) ».",
	contactfile.CodeXLS:       "C'est un classeur d'une ancienne version d'Excel. Dans Excel, choisissez « Enregistrer sous », puis « Classeur Excel (.xlsx) ».",
	contactfile.CodeXML:       "C'est une feuille au format XML. Dans Excel, choisissez « Enregistrer sous », puis « Classeur Excel (.xlsx) ».",
	contactfile.CodeODS:       "C'est un classeur LibreOffice. Dans LibreOffice, choisissez « Enregistrer sous », puis « Texte CSV (.csv) ».",
	contactfile.CodeNumbers:   "C'est un classeur Numbers. Dans Numbers, choisissez « Fichier », « Exporter vers », puis « CSV ».",
	contactfile.CodeEncrypted: "C'est un classeur protégé par un mot de passe. Ouvrez-le, retirez le mot de passe (« Fichier », « Informations », « Protéger le classeur »), puis enregistrez-le.",
	contactfile.CodeSLK:       "C'est un fichier SYLK (.slk). " + openAndSave,
	contactfile.CodeDIF:       "C'est un fichier DIF. " + openAndSave,
	contactfile.CodePRN:       "Ses colonnes sont séparées par des espaces. " + openAndSave,
	contactfile.CodePDF:       "C'est un PDF. Demandez le tableau d'origine (Excel ou CSV).",
	contactfile.CodeRTF:       "C'est un texte mis en forme (RTF). Copiez son tableau dans Excel, puis enregistrez-le en CSV.",
	contactfile.CodeWord:      "C'est un document de traitement de texte. Copiez son tableau dans Excel, puis enregistrez-le en CSV.",
	contactfile.CodeZIP:       "C'est une archive. Ouvrez-la et déposez le fichier de contacts qu'elle contient.",
	contactfile.CodeImage:     "C'est une image. Demandez le tableau d'origine (Excel ou CSV).",
	contactfile.CodeVCard:     "C'est un fichier de cartes de visite (vCard) ou d'agenda. Dans le carnet d'adresses, exportez plutôt au format CSV.",
	contactfile.CodeLDIF:      "C'est un carnet d'adresses au format LDIF. Dans le carnet d'adresses, exportez plutôt au format CSV.",
	contactfile.CodeJSON:      "C'est un fichier JSON. Exportez plutôt au format CSV.",
	contactfile.CodeBinary:    "Ce n'est pas du texte. " + openAndSave,
}

// openAndSave is what to do with most of them.
const openAndSave = "Ouvrez-le dans Excel, choisissez « Enregistrer sous », puis « CSV (séparateur : point-virgule) »."

// fileWarnings are what is pointed out of a file that is read all the same.
var fileWarnings = map[string]string{
	contactfile.WarningMojibake:    "Des accents sont abîmés dans le fichier lui-même (« Ã© » pour « é », par exemple). Corrigez-les ici, ou exportez à nouveau le fichier.",
	contactfile.WarningLostAccents: "Des caractères ont été perdus avant d'arriver ici. Vérifiez les noms, ou exportez à nouveau le fichier.",
	contactfile.WarningMixed:       "Le fichier mélange deux encodages : vérifiez les accents.",
}

// What the command that checks a file says, in the words of the screens.

// SayFile is what a person reads of a file that is refused.
func SayFile(err error) string {
	refusal, ok := errs.As(err)
	if !ok {
		refusal = errFault
	}
	return say(refusal)
}

// SayLine is what a person reads of a line in error.
func SayLine(code string) string { return frenchCode("line_"+code, "") }

// SayWarning is what a person reads of what is pointed out of a file.
func SayWarning(code string) string { return french.Typo(fileWarnings[code]) }

// duration says how long to wait: seconds under a minute, begun minutes above.
func duration(seconds int) string {
	if seconds < 60 {
		return french.Count(seconds, "seconde", "secondes")
	}
	return french.Count((seconds+59)/60, "minute", "minutes")
}

// reasons are what the secretary reads of a mail that did not leave. What happens next is not theirs to say: see
// frenchStanding.
var reasons = map[string]string{
	string(mail.ReasonNoMailbox):   "L'adresse n'existe pas. Corrigez-la, puis envoyez à nouveau.",
	string(mail.ReasonMailboxFull): "La boîte est pleine.",
	string(mail.ReasonContent):     "Le serveur a refusé le contenu du courriel.",
	string(mail.ReasonRejected):    "Le serveur a refusé le courriel.",
	string(mail.ReasonThrottled):   "Le serveur demande d'envoyer plus lentement.",
	string(mail.ReasonConnection):  "Le serveur de courriel ne répond pas.",
	string(mail.ReasonCredentials): "Le serveur de courriel refuse l'identifiant de l'installation. Prévenez l'exploitant.",
	string(mail.ReasonTimeout):     "Le serveur n'a pas répondu à temps : on ne sait pas si le courriel est parti.",
	string(mail.ReasonStorage):     "Le disque est plein.",
	string(mail.ReasonUnwritten):   "Le courriel n'a pas pu être rédigé. Prévenez l'exploitant.",
	string(mail.ReasonPaused):      "Le service d'envoi a suspendu le compte de l'installation. Prévenez l'exploitant.",
	string(mail.ReasonQuota):       "Le nombre de courriels permis par jour est atteint.",
	convocation.ReasonClosed:       "Les liens ont été fermés avant l'envoi.",
	convocation.ReasonCancelled:    "L'envoi a été annulé avant que le courriel ne parte.",
	convocation.ReasonRestored:     "Une sauvegarde a été remise en place : on ne sait pas si le courriel est parti.",
}

// returns are what the secretary reads of a mail that came back, and what she can do.
var returns = map[mail.Reason]string{
	mail.ReasonNoMailbox:   "L'adresse n'existe pas. Corrigez-la : un nouveau courriel partira, et sa date comptera.",
	mail.ReasonMailboxFull: "La boîte est pleine. Téléphonez, puis envoyez à nouveau.",
	mail.ReasonSuppressed:  "Cette adresse a déjà renvoyé des courriels : le service n'y écrit plus. Vérifiez-la, ou demandez une autre adresse.",
	mail.ReasonTooLarge:    "Le courriel est trop volumineux pour cette boîte.",
	mail.ReasonContent:     "La messagerie du destinataire a refusé le contenu du courriel. Téléphonez.",
	mail.ReasonTimeout:     "La messagerie du destinataire n'a pas répondu à temps. Envoyez à nouveau.",
}

// frenchReturn is why a mail came back.
func frenchReturn(reason string) string {
	text, known := returns[mail.Reason(reason)]
	if !known {
		text = "La messagerie du destinataire l'a renvoyé. Vérifiez l'adresse, téléphonez, ou convoquez par courrier."
	}
	return french.Typo(text)
}

// frenchStanding is why a mail did not leave and, while that is so, that it will be tried again; empty for no reason.
func frenchStanding(s convocation.Standing) string {
	if s.Reason == "" {
		return ""
	}
	text, known := reasons[s.Reason]
	if !known {
		text = "Raison inconnue."
	}
	if s.Status == convocation.Pending || s.Status == convocation.Retry {
		text += " L'envoi sera tenté à nouveau."
	}
	return french.Typo(text)
}
