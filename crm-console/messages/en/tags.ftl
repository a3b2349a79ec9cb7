# Tags.
tags-title = Tags
tags-add = Add tag
tags-search = Search tags
tags-count = { $count ->
    [0] No tags
    [one] 1 tag
   *[other] { $number } tags
}
tags-count-at-least = { $count ->
   *[other] More than { $number } tags
}
tags-none = No tags yet
tags-none-text = Tags group customers: by trade fair, by newsletter, by anything.
tags-no-match = No tags match
tags-no-color = No colour
tags-other-color = Another colour
tags-stale = This tag was changed after you opened it. Saving replaces what was changed.
tags-merge = Merge
tags-merge-this = Merge { $value } into another tag
tags-merge-into = The tag that stays
tags-merge-text = They get the tag that you choose, and this tag is deleted. This cannot be undone.
tags-delete-this = Delete the tag { $value }?
tags-delete-text = { $count ->
    [0] No customer has it. This cannot be undone.
    [one] It is taken off 1 customer. This cannot be undone.
   *[other] It is taken off { $number } customers. This cannot be undone.
}
field-color = Colour
field-description = Description
notice-tag-added = The tag was added.
notice-tag-saved = The tag was saved.
notice-tag-merged = The tags were merged.
notice-tag-deleted = The tag was deleted.
violation-tag-name-taken = Another tag has this name.
violation-color-invalid = Choose a colour such as #d4af37.
violation-name-invalid = The name must not contain commas or semicolons.
violation-too-many-tags = There are too many tags. Merge or delete some first.
violation-tag-unknown = This tag is no longer there.
violation-same-tag = A tag cannot be merged into itself.
