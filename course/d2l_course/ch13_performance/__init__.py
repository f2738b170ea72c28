from d2l_kit.catalog import chapter_plugin

d2l_kit_chapter = chapter_plugin(__file__)
